import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import type { Tensor } from 'onnxruntime-node';

/** The ids of tokens and, for each, which of the two texts it belongs to (0 or 1). */
export type Tokens = { ids: number[]; types: number[] };

export type OnnxModel = {
  tokenize(text: string, second?: string): Tokens;
  /**
   * The model's first output for these tokens, row after row. It computes on the calling thread, which is why there is
   * model-thread.ts.
   */
  run(tokens: Tokens): Promise<Float32Array>;
};

/**
 * Opens a model for ONNX Runtime from a folder with `model.onnx` and `tokenizer.json`, as exported from Hugging Face.
 * @throws what the runtime, the tokenizer or the file system throws where the folder can't be used
 */
export async function openOnnxModel(folder: string): Promise<OnnxModel> {
  // The runtime reports its use to its makers unless told not to before it is loaded.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const runtime = await import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const definition = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
  // The file may prescribe cutting and padding every text to 128 tokens; null turns that off.
  const tokenizer = new Tokenizer({ ...definition, truncation: null, padding: null }, {});
  return {
    tokenize(text, second) {
      const pair = second === undefined ? {} : { text_pair: second };
      const { ids, token_type_ids: types } = tokenizer.encode(text, { ...pair, return_token_type_ids: true });
      return { ids, types };
    },
    async run({ ids, types }) {
      const toTensor = (numbers: number[]) =>
        new runtime.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, ids.length]);
      const feeds: Record<string, Tensor> = {};
      for (const input of session.inputNames)
        feeds[input] = toTensor(input === 'input_ids' ? ids : input === 'attention_mask' ? ids.map(() => 1) : types);
      return (await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array;
    },
  };
}
