import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BaseCache, deserializeStoredGeneration, serializeGeneration } from '@langchain/core/caches';
import type { Embeddings } from '@langchain/core/embeddings';
import type { Generation } from '@langchain/core/outputs';

/**
 * Replies of models, kept in a file by the content of what was asked: LangChain's cache for chat models, and one of our
 * own for embeddings. Each reply is written as it comes, so that interrupted work continues where it was; a line that
 * was cut short is skipped.
 */
export class KeptReplies extends BaseCache {
  readonly #file: string;
  readonly #kept = new Map<string, string>();

  /** @param file is made if it is not there */
  constructor(file: string) {
    super();
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    for (const line of text.split('\n')) {
      const tab = line.indexOf('\t');
      if (tab > 0 && line.endsWith('\t')) this.#kept.set(line.slice(0, tab), line.slice(tab + 1, -1));
    }
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  }

  async lookup(prompt: string, llmKey: string): Promise<Generation[] | null> {
    const kept = this.#kept.get(keyOf(prompt, llmKey));
    return kept === undefined ? null : JSON.parse(kept).map(deserializeStoredGeneration);
  }

  async update(prompt: string, llmKey: string, generations: Generation[]): Promise<void> {
    this.#keep(keyOf(prompt, llmKey), JSON.stringify(generations.map(serializeGeneration)));
  }

  /**
   * The same embedding model, but asked only for texts whose vectors are not kept yet.
   * @param name tells its vectors from those of other models
   */
  embeddings<Model extends Embeddings>(model: Model, name: string): Model {
    const kept = (kind: string, text: string) => {
      const found = this.#kept.get(keyOf(name, kind, text));
      return found === undefined ? null : Array.from(new Float32Array(Uint8Array.fromBase64(found).buffer));
    };
    const keep = (kind: string, text: string, vector: number[]) =>
      this.#keep(keyOf(name, kind, text), new Uint8Array(Float32Array.from(vector).buffer).toBase64());
    const embedQuery: Model['embedQuery'] = async (text, ...options) => {
      const found = kept('query', text) ?? (await model.embedQuery(text, ...options));
      keep('query', text, found);
      return found;
    };
    const embedDocuments: Model['embedDocuments'] = async (texts, ...options) => {
      const missing = texts.filter((text) => kept('document', text) === null);
      const made = missing.length > 0 ? await model.embedDocuments(missing, ...options) : [];
      for (const [at, vector] of made.entries()) keep('document', missing[at]!, vector);
      return texts.map((text) => kept('document', text)!);
    };
    return Object.assign(Object.create(model), { embedQuery, embedDocuments });
  }

  #keep(key: string, value: string) {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, value);
    appendFileSync(this.#file, `${key}\t${value}\t\n`);
  }
}

const keyOf = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
