import { workerData } from 'node:worker_threads';
import { serveModel } from './model-thread.ts';
import { openOnnxModel, type Tokens } from './onnx-model.ts';

/** Where the model is, how long its vectors are, and how many tokens it can see. */
export type EmbeddingModel = { folder: string; dimension: number; maximumTokens: number };

const { folder, dimension, maximumTokens } = workerData as EmbeddingModel;
const model = await openOnnxModel(folder);

/** The text's tokens, as far as the model can see: it was trained on texts of up to `maximumTokens`. */
function tokensOf(text: string): Tokens {
  // What lies far beyond the limit need not be tokenized to be cut off.
  const { ids, types } = model.tokenize(text.slice(0, maximumTokens * 16));
  return ids.length <= maximumTokens
    ? { ids, types }
    : { ids: [...ids.slice(0, maximumTokens - 1), ids.at(-1)!], types: types.slice(0, maximumTokens) };
}

/** The mean of the token vectors that stand one after another in `states`, at unit length. */
function meanPooled(states: Float32Array): number[] {
  const sum = new Array<number>(dimension).fill(0);
  for (let at = 0; at < states.length; at += 1) sum[at % dimension]! += states[at]!;
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

serveModel(async (text: string) => meanPooled(await model.run(tokensOf(text))));
