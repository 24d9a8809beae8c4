import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { serveModel } from './model-thread.ts';
import { openOnnxModel, type Tokens } from './onnx-model.ts';

export type EntailmentRequest = { premise: string; hypothesis: string };

/**
 * The part of the `config.json` of a Hugging Face classifier that is used: the names of its outputs, and how many
 * tokens it takes.
 */
const ModelConfig = z.object({
  id2label: z.record(z.string(), z.string()),
  max_position_embeddings: z.number().int().min(8).default(512),
});

/** The place of the output that stands for entailment, by its name; a single output stands for that. */
function entailmentOutput(names: string[]): number {
  if (names.length === 1) return 0;
  const at = names.findIndex((name) => /^(entail|support|consistent)/i.test(name));
  if (at < 0) throw new Error('config.json names no output "entailment"');
  return at;
}

/** The tokens of a pair, at most `most`; the premise is shortened, from its end, until the pair fits. */
function fit(tokenize: (premise: string) => Tokens, premise: string, most: number): Tokens {
  let text = premise.slice(0, most * 16);
  for (;;) {
    const tokens = tokenize(text);
    if (tokens.ids.length <= most || text === '')
      return { ids: tokens.ids.slice(0, most), types: tokens.types.slice(0, most) };
    text = text.slice(0, Math.floor((text.length * most) / (tokens.ids.length + 8)));
  }
}

const folder = workerData as string;
const config = ModelConfig.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
const names = Object.entries(config.id2label).sort(([one], [other]) => Number(one) - Number(other));
const wanted = entailmentOutput(names.map(([, name]) => name));
const model = await openOnnxModel(folder);

serveModel(async ({ premise, hypothesis }: EntailmentRequest): Promise<number | null> => {
  const tokens = fit((text) => model.tokenize(text, hypothesis), premise, config.max_position_embeddings);
  const outputs = [...(await model.run(tokens))];
  if (outputs.length !== names.length) return null;
  const probability =
    outputs.length === 1
      ? 1 / (1 + Math.exp(-outputs[0]!))
      : 1 / outputs.reduce((sum, output) => sum + Math.exp(output - outputs[wanted]!), 0);
  return Number.isFinite(probability) ? probability : null;
});
