import { workerData } from 'node:worker_threads';
import { serveModel } from './model-thread.ts';
import { openOnnxModel, type Tokens } from './onnx-model.ts';

/** The folder of the model, the length of its vectors, and how many tokens it can see. */
export type EmbeddingModel = { folder: string; dimension: number; maximumTokens: number };

const { folder, dimension, maximumTokens } = workerData as EmbeddingModel;
const model = await openOnnxModel(folder);

/**
 * The tokens of a text, cut to the `maximumTokens` that the model was trained on; the last, which ends every text, is
 * kept.
 */
function tokensOf(text: string): Tokens {
  // A cheap first cut: text far beyond the limit need not be tokenized.
  const { ids, types } = model.tokenize(text.slice(0, maximumTokens * 16));
  return ids.length <= maximumTokens
    ? { ids, types }
    : { ids: [...ids.slice(0, maximumTokens - 1), ids.at(-1)!], types: types.slice(0, maximumTokens) };
}

/** The mean of the token vectors, which stand one after another in `states`, at unit length. */
function meanPooled(states: Float32Array): number[] {
  const sum = new Array<number>(dimension).fill(0);
  for (let at = 0; at < states.length; at += 1) sum[at % dimension]! += states[at]!;
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

serveModel(async (text: string) => meanPooled(await model.run(tokensOf(text))));
