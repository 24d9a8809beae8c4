import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { EntailmentRequest } from './entailment-worker.ts';
import { openModelThread } from './model-thread.ts';

const files = ['model.onnx', 'tokenizer.json', 'config.json'];

/**
 * An entailment model (natural language inference). It takes tens of milliseconds, so it runs on a thread of its own.
 */
export type EntailmentModel = {
  /**
   * How likely the premise entails the hypothesis, 0 to 1; null where the model gives nothing usable. Never rejects.
   */
  entails(premise: string, hypothesis: string): Promise<number | null>;
  close(): Promise<void>;
};

/**
 * Opens an entailment model for ONNX Runtime: a folder with `model.onnx`, `tokenizer.json` and `config.json`, as
 * exported from Hugging Face. Its `id2label` must have a single output, or one whose name begins with entail, support
 * or consistent.
 * @throws AppError BAD_SETTINGS where the folder can't be used as one
 */
export async function openEntailmentModel(folder: string): Promise<EntailmentModel> {
  const unusable = (why: string, cause?: unknown) =>
    new AppError('BAD_SETTINGS', `ENTAILMENT_MODEL_DIR: ${why}.`, { cause });
  const missing = files.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) throw unusable(`${missing.join(', ')} not found in the folder`);
  const file = new URL('./entailment-worker.ts', import.meta.url);
  const thread = await openModelThread<EntailmentRequest, number | null>(file, folder).catch((cause) => {
    throw unusable('the model in the folder cannot be loaded', cause);
  });
  return {
    entails: (premise, hypothesis) => thread.compute({ premise, hypothesis }).catch(() => null),
    close: thread.close,
  };
}
