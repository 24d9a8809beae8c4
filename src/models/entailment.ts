import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { EntailmentReply, EntailmentRequest } from './entailment-worker.ts';

const files = ['model.onnx', 'tokenizer.json', 'config.json'];

/** An entailment model (natural language inference) on a thread of its own, since it computes for tens of milliseconds. */
export type EntailmentModel = {
  /** How likely the premise bears out the hypothesis, 0 to 1; null where the model gives nothing usable. */
  entails(premise: string, hypothesis: string): Promise<number | null>;
  close(): Promise<void>;
};

/**
 * Opens an entailment model for ONNX Runtime: a folder with `model.onnx`, `tokenizer.json` and `config.json`, as Hugging Face's
 * exports have it. Its `id2label` must name an output that begins with entail, support or consistent, or have one output only.
 * @throws AppError BAD_SETTINGS where the folder can't be used as one
 */
export async function openEntailmentModel(folder: string): Promise<EntailmentModel> {
  const unusable = (why: string) => new AppError('BAD_SETTINGS', `ENTAILMENT_MODEL_DIR: ${why}.`);
  const missing = files.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) throw unusable(`${missing.join(', ')} not found in the folder`);
  const worker = new Worker(new URL('./entailment-worker.ts', import.meta.url), { workerData: folder });
  const waiting = new Map<number, (probability: number | null) => void>();
  const giveUp = () => {
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  };
  let dead = false;
  let last = 0;
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (reply: EntailmentReply) => {
      if ('ready' in reply) resolve();
      else if ('failed' in reply) reject(unusable('the model in the folder cannot be loaded'));
      else {
        waiting.get(reply.id)?.(reply.probability);
        waiting.delete(reply.id);
      }
    });
    worker.on('error', () => reject(unusable('the model in the folder cannot be loaded')));
    worker.on('exit', () => {
      dead = true;
      giveUp();
    });
  }).catch(async (error) => {
    await worker.terminate();
    throw error;
  });
  worker.unref();
  return {
    entails(premise, hypothesis) {
      if (dead) return Promise.resolve(null);
      last += 1;
      const request: EntailmentRequest = { id: last, premise, hypothesis };
      return new Promise((resolve) => {
        waiting.set(request.id, resolve);
        worker.postMessage(request);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
