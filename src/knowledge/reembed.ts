import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { execute, inTransaction, openDatabase } from './database.ts';
import { createDocuments, documentMigrations, type StoredPassage } from './documents.ts';
import { holdLock } from './lock.ts';

const passagesAtOnce = 16;

/**
 * Makes all vectors of a store anew with another embedding model, while no service uses it. What is done is kept beside the
 * old vectors until all is done, then both change places in one transaction: interrupted, it goes on where it stopped.
 * @param options.embed the vectors of each passage's windows, one after another
 * @returns how many passages the store holds
 */
export async function reembed(options: {
  dataDir: string;
  embeddingModel: string;
  embed: (passages: StoredPassage[]) => Promise<Float32Array[]>;
  onProgress?: (done: number, total: number) => void;
}): Promise<number> {
  const file = join(options.dataDir, 'assay.db');
  const lock = holdLock(options.dataDir);
  const database = openDatabase(file, { migrations: documentMigrations, synchronous: 'FULL' });
  try {
    const documents = createDocuments(database);
    database.exec(
      'CREATE TABLE IF NOT EXISTS reembedded (passage_key INTEGER PRIMARY KEY, model TEXT NOT NULL, vectors BLOB NOT NULL) STRICT',
    );
    execute(database.prepare('DELETE FROM reembedded WHERE model <> ?'), options.embeddingModel);
    const next = database.prepare(
      'SELECT key FROM passages WHERE key NOT IN (SELECT passage_key FROM reembedded) ORDER BY key LIMIT ?',
    );
    const write = database.prepare('INSERT INTO reembedded VALUES (?, ?, ?)');
    const total = documents.counts().passages;
    let done = Number(database.prepare('SELECT count(*) AS n FROM reembedded').get()!.n);
    let dimension = documents.meta('dimension');
    for (let keys = next.all(passagesAtOnce); keys.length > 0; keys = next.all(passagesAtOnce)) {
      const passages = keys.map(({ key }) => documents.passage(Number(key)));
      const vectors = await options.embed(passages);
      inTransaction(database, () => {
        for (const [at, { key, windows }] of passages.entries()) {
          const made = vectors[at]!;
          dimension = String(made.length / windows.length);
          execute(write, key, options.embeddingModel, new Uint8Array(made.buffer, made.byteOffset, made.byteLength));
        }
      });
      done += keys.length;
      options.onProgress?.(done, total);
    }
    const lengths = database
      .prepare(
        `SELECT count(DISTINCT length(reembedded.vectors) * 2 / length(windows)) AS n FROM reembedded
         JOIN passages ON key = passage_key`,
      )
      .get()!;
    if (Number(lengths.n) > 1)
      throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length.');
    inTransaction(database, () => {
      database.exec(`UPDATE passages SET vectors = (SELECT vectors FROM reembedded WHERE passage_key = key);
                     DROP TABLE reembedded`);
      documents.setMeta('embedding_model', options.embeddingModel);
      if (dimension !== null) documents.setMeta('dimension', dimension);
    });
    return total;
  } finally {
    database.close();
    lock.release();
  }
}
