import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../evaluation/seeded.ts';
import { AskRequest } from '../../src/chain/reply.ts';
import { ingestWithProgress } from '../../src/commands/ingest.ts';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import type { NewDocument } from '../../src/knowledge/port.ts';

const windowsPerPassage = 3;
const passagesPerDocument = 50;

/** A document of real text with random vectors: it takes up its room in the index, and is rarely near a question. */
function filler(number: number, texts: string[], dimension: number, random: () => number): NewDocument {
  const passages: NewDocument['passages'] = [];
  let text = '';
  for (let at = 0; at < passagesPerDocument; at += 1) {
    const start = text.length;
    text += `${texts[Math.floor(random() * texts.length)]!}\n\n`;
    const end = text.length - 2;
    const third = Math.floor((end - start) / windowsPerPassage);
    const windows = Array.from({ length: windowsPerPassage }, (_, window) => ({
      start: start + window * third,
      end: start + (window + 1) * third,
      headingPath: [],
    }));
    passages.push({ start, end, headingPath: [], windows });
  }
  const vectors = new Float32Array(passagesPerDocument * windowsPerPassage * dimension);
  for (let from = 0; from < vectors.length; from += dimension) {
    let squares = 0;
    for (let at = from; at < from + dimension; at += 1) {
      vectors[at] = random() - 0.5;
      squares += vectors[at]! ** 2;
    }
    for (let at = from; at < from + dimension; at += 1) vectors[at]! /= Math.sqrt(squares);
  }
  const source = `filler-${number}`;
  return {
    collection: 'default',
    source,
    title: source,
    format: 'text',
    metadata: {},
    text,
    contentHash: source,
    passages,
    vectors,
  };
}

/**
 * Measures one ask after another without a language model, verdict included, about the sample corpus among `passages` passages.
 * @returns the number of passages, and the median and the 99th percentile in milliseconds
 */
export async function measureEmbedded(passages: number): Promise<{ passages: number; p50: number; p99: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const corpus = fileURLToPath(new URL('../../corpus', import.meta.url));
  const config = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'warn', CORPUS_DIR: corpus }, dataDir);
  const parts = await compose({ ...config, modelsDir: fileURLToPath(new URL('../../.models', import.meta.url)) });
  try {
    await ingestWithProgress(parts, [corpus], 'default');
    const texts = readdirSync(corpus).flatMap(
      (name) => readFileSync(join(corpus, name), 'utf8').match(/[^\n]{200,900}/g) ?? [],
    );
    const random = seededRandom(1);
    const { dimension } = await parts.knowledge.stats();
    for (let number = 0; number * passagesPerDocument < passages; number += 1)
      await parts.knowledge.put([filler(number, texts, dimension!, random)]);
    const questions = JSON.parse(readFileSync(new URL('../../test/questions.json', import.meta.url), 'utf8'));
    const times: number[] = [];
    for (let round = 0; round < 4; round += 1)
      for (const { question } of questions as { question: string }[]) {
        const begun = performance.now();
        await parts.conductAsk(AskRequest.parse({ question }));
        if (round > 0) times.push(performance.now() - begun);
      }
    times.sort((one, other) => one - other);
    const at = (share: number) => times[Math.floor(share * times.length)]!;
    return { passages: (await parts.knowledge.stats()).passages, p50: at(0.5), p99: at(0.99) };
  } finally {
    await parts.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
