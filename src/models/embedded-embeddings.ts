import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Embeddings } from '@langchain/core/embeddings';
import { AppError } from '../errors.ts';
import manifest from './manifest.json' with { type: 'json' };
import { type OnnxModel, openOnnxModel, type Tokens } from './onnx-model.ts';

type Model = (typeof manifest.models)[number];
/** How many texts' tokens are worth gathering before one is sent: long enough to sort by length, short enough to wait for. */
const batchTexts = 8;

/**
 * The embedding model that runs inside the process, by ONNX Runtime: no key, no network. Vectors are unit length, mean
 * pooled, with the prefixes that E5 models were trained with (Wang et al., "Text Embeddings by Weakly-Supervised
 * Contrastive Pre-training", 2022).
 */
export class EmbeddedEmbeddings extends Embeddings {
  readonly dimension: number;
  readonly #onnx: OnnxModel;
  readonly #model: Model;

  /**
   * Loads a model of the manifest from `modelsDir`/name.
   * @throws AppError NOT_READY where its files are missing or can't be loaded
   */
  static async load(name: string, modelsDir: string): Promise<EmbeddedEmbeddings> {
    const model = manifest.models.find((each) => each.name === name);
    if (!model) throw new AppError('BAD_SETTINGS', 'EMBEDDING_MODEL: there is no embedded model of this name.');
    const folder = join(modelsDir, name);
    if (!model.files.every(({ file }) => existsSync(join(folder, file))))
      throw new AppError('NOT_READY', `The weights of ${name} are not there yet. Run \`npm run setup\` once.`);
    try {
      return new EmbeddedEmbeddings(await openOnnxModel(folder), model);
    } catch (error) {
      throw new AppError('NOT_READY', `The weights of ${name} can't be loaded. Run \`npm run setup\` to check them.`, {
        cause: error,
      });
    }
  }

  private constructor(onnx: OnnxModel, model: Model) {
    super({ maxConcurrency: Number.POSITIVE_INFINITY, maxRetries: 0 });
    this.#onnx = onnx;
    this.#model = model;
    this.dimension = model.dimension;
  }

  override async embedQuery(text: string): Promise<number[]> {
    return this.#embed(this.#tokens(this.#model.questionPrefix + text));
  }

  /**
   * One text after the other: on a processor a batch, padded to its longest text, is slower than its texts alone.
   */
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    const vectors: number[][] = [];
    for (let at = 0; at < texts.length; at += batchTexts)
      vectors.push(
        ...(await Promise.all(
          texts.slice(at, at + batchTexts).map((text) => this.#embed(this.#tokens(this.#model.passagePrefix + text))),
        )),
      );
    return vectors;
  }

  /** The text's tokens, as far as the model can see: it was trained on texts of up to `maximumTokens`. */
  #tokens(text: string): Tokens {
    const most = this.#model.maximumTokens;
    // What lies far beyond the limit need not be tokenized to be cut off.
    const { ids, types } = this.#onnx.tokenize(text.slice(0, most * 16));
    return ids.length <= most
      ? { ids, types }
      : { ids: [...ids.slice(0, most - 1), ids.at(-1)!], types: types.slice(0, most) };
  }

  async #embed(tokens: Tokens): Promise<number[]> {
    return meanPooled(await this.#onnx.run(tokens), this.dimension);
  }
}

/** The mean of the token vectors that stand one after another in `states`, at unit length. */
function meanPooled(states: Float32Array, dimension: number): number[] {
  const sum = new Array<number>(dimension).fill(0);
  for (let at = 0; at < states.length; at += 1) sum[at % dimension]! += states[at]!;
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}
