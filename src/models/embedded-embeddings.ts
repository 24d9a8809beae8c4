import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Embeddings } from '@langchain/core/embeddings';
import { AppError } from '../errors.ts';
import type { EmbeddingModel } from './embedding-worker.ts';
import manifest from './manifest.json' with { type: 'json' };
import { type ModelThread, openModelThread } from './model-thread.ts';

type Model = (typeof manifest.models)[number];

/** Why weights that are there can't be loaded, and what to do: only if the files are to blame does set-up help. */
export function whyNotLoaded(cause: unknown): string {
  const { code, message = '' } = cause as { code?: string; message?: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return 'there is not enough memory. A limit of the process (`ulimit -v`) or of its container may be too low.';
  // ONNX Runtime gives the system's number of EACCES.
  if (code === 'EACCES' || /error number 13$/.test(message)) return 'the user who runs this may not read their files.';
  if (code === 'ERR_DLOPEN_FAILED')
    return 'ONNX Runtime does not start here. It needs glibc on Linux, and its libraries need memory (`ulimit -v`).';
  return 'run `npm run setup` to check them.';
}

/**
 * The embedding model that runs inside the process, by ONNX Runtime: no key, no network. Vectors are mean pooled and of
 * unit length; texts get the prefixes that E5 models were trained with (Wang et al., "Text Embeddings by
 * Weakly-Supervised Contrastive Pre-training", 2022). It computes on a thread of its own, questions before passages:
 * someone waits for each question, and a document has thousands of passages.
 */
export class EmbeddedEmbeddings extends Embeddings {
  readonly dimension: number;
  readonly #thread: ModelThread<string, number[]>;
  readonly #model: Model;

  /**
   * Loads a model of the manifest from `modelsDir`/name.
   * @throws AppError BAD_SETTINGS where the manifest has no such model; NOT_READY where its files are missing or can't
   * be loaded
   */
  static async load(name: string, modelsDir: string): Promise<EmbeddedEmbeddings> {
    const model = manifest.models.find((each) => each.name === name);
    if (!model) throw new AppError('BAD_SETTINGS', 'EMBEDDING_MODEL: there is no embedded model of this name.');
    const folder = join(modelsDir, name);
    if (!model.files.every(({ file }) => existsSync(join(folder, file))))
      throw new AppError('NOT_READY', `The weights of ${name} are not there yet. Run \`npm run setup\` once.`);
    const { dimension, maximumTokens } = model;
    const data: EmbeddingModel = { folder, dimension, maximumTokens };
    try {
      return new EmbeddedEmbeddings(
        await openModelThread(new URL('./embedding-worker.ts', import.meta.url), data),
        model,
      );
    } catch (error) {
      throw new AppError('NOT_READY', `The weights of ${name} can't be loaded: ${whyNotLoaded(error)}`, {
        cause: error,
      });
    }
  }

  private constructor(thread: ModelThread<string, number[]>, model: Model) {
    super({ maxConcurrency: Number.POSITIVE_INFINITY, maxRetries: 0 });
    this.#thread = thread;
    this.#model = model;
    this.dimension = model.dimension;
  }

  /** The question's vector, at unit length. `signal` ends the wait for it, and keeps it from being begun. */
  override async embedQuery(text: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<number[]> {
    return this.#thread.compute(this.#model.questionPrefix + text, { urgent: true, signal });
  }

  /**
   * The texts' vectors, at unit length. They are made one by one: on a processor a batch, padded to its longest text,
   * is slower. `signal` ends the work after the text under way.
   */
  override async embedDocuments(
    texts: string[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<number[][]> {
    const vectors: number[][] = [];
    for (const text of texts) vectors.push(await this.#thread.compute(this.#model.passagePrefix + text, { signal }));
    return vectors;
  }

  /** Ends the thread; calls still waiting fail. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
