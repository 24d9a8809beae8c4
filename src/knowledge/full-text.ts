import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { toSearchableWords } from '../scripts.ts';
import { execute, isDamageError, resultCodeOf, sqliteCodes } from './database.ts';
import { mostPostings, rarest, toMatchQuery, wordsOf } from './question-words.ts';
import { damagedStore } from './stored-values.ts';

/** The name of a collection's full-text table. Each collection has its own, so that its words never affect another's scores. */
export const fullTextTable = (collectionKey: number) => `words_${collectionKey}`;

/** How many counts of words, and how many scores of words in passages, are cached. */
const mostCounts = 20_000;
const mostScores = 1_000_000;

/** How many pages one step of merging writes: a few milliseconds' work. */
const mergedPages = 64;

/** What a word adds to the score of each passage that holds it. */
type WordScores = { keys: Float64Array; scores: Float64Array };

/** The weight of a word that `found` of `count` passages hold, by FTS5's formula (https://sqlite.org/fts5.html, "The bm25() function"). */
const weightOf = (found: number, count: number) => Math.max(1e-6, Math.log((count - found + 0.5) / (found + 0.5)));

/** The number at the head of a record, as SQLite writes it: seven bits a byte, highest first, up to a byte whose top bit is clear. */
function firstVarint(bytes: Uint8Array): number {
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 127);
    if (byte < 128) break;
  }
  return number;
}

/** Whether an error says that what is stored is damaged. */
export const isDamaged = (error: unknown) => error instanceof AppError || isDamageError(error);

/** Runs what opens a full-text table. Where the table's settings are damaged, SQLite reports a mere error in the statement. */
function openingTable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isGeneric = resultCodeOf(error) === sqliteCodes.error;
    throw isGeneric ? damagedStore('a full text', error) : error;
  }
}

/** The tables that FTS5 keeps a full text in and that grow with it, their keys, and how many rows are erased together: a few milliseconds' work. */
const growing = [
  ['data', 'id', 64],
  ['docsize', 'id', 1_000],
  ['idx', '(segid, term)', 1_000],
] as const;

/**
 * Erases a little of a removed collection's full text, and drops it when little is left. Dropped as it is, a large one would keep
 * everything else waiting for seconds, since all that is deleted is overwritten.
 * @returns whether there is more of it
 * @throws what says that it is damaged; SQLite may be unable to erase that
 */
export function eraseFullText(database: DatabaseSync, collectionKey: number): boolean {
  const table = fullTextTable(collectionKey);
  if (!database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table)) return false;
  database.enableDefensive(false); // or FTS5's own tables couldn't be written to
  try {
    for (const [part, key, together] of growing) {
      const rows = `SELECT ${key.replace(/[()]/g, '')} FROM ${table}_${part} LIMIT ${together}`;
      // Not by `run()`, as `execute` has it.
      const erased = database.prepare(`DELETE FROM ${table}_${part} WHERE ${key} IN (${rows}) RETURNING 1`).all();
      if (erased.length === together) return true;
    }
  } finally {
    database.enableDefensive(true);
  }
  openingTable(() => database.exec(`DROP TABLE ${table}`));
  return false;
}

export type FullText = ReturnType<typeof openFullText>;

/**
 * Full-text search over one collection's passages: SQLite FTS5 with Porter stemming and BM25, without a copy of the texts. Statements
 * are prepared when first used: preparing them all for thousands of collections would delay a start by seconds.
 */
export function openFullText(database: DatabaseSync, collectionKey: number) {
  const table = fullTextTable(collectionKey);
  let isMade = false;

  function make() {
    database.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS ${table} USING fts5(
      headings, text, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2')`);
    isMade = true;
  }

  function prepared(sql: string) {
    let statement: StatementSync | undefined;
    return () => {
      if (!isMade) make();
      statement ??= openingTable(() => database.prepare(sql));
      return statement;
    };
  }

  const insert = prepared(`INSERT INTO ${table} (rowid, headings, text) VALUES (?, ?, ?)`);
  const erase = prepared(`DELETE FROM ${table} WHERE rowid = ?`);
  const scoresOfWord = prepared(
    `SELECT rowid AS key, -bm25(${table}, 1.0, 1.0) AS score FROM ${table} WHERE ${table} MATCH ?`,
  );

  const merge = prepared(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`);
  const totalChanges = prepared('SELECT total_changes() AS n');

  /** How many passages hold a word, and its scores; cached until something is added or removed. */
  const counts = new Map<string, number>();
  const scores = new Map<string, WordScores>();
  let scoresHeld = 0;
  const isHeld = prepared(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`);
  const countUpTo = prepared(`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT ?)`);

  // Lacking the texts, FTS5 never subtracts removed passages from its count of all: where many were removed, common words would weigh
  // almost as much as rare ones. That count is at the head of its record of averages.
  const averages = prepared(`SELECT block FROM ${table}_data WHERE id = 1`);
  const countAll = prepared(`SELECT count(*) AS n FROM ${table}_docsize`);
  let passages: { held: number; everAdded: number } | null = null;
  let isTidy = false; // an earlier process may have left something to merge
  let isErased = false; // or to erase

  /** How many passages there are, and how many FTS5 believes there to be. */
  function passagesNow() {
    passages ??= {
      held: (countAll().get() as { n: number }).n,
      everAdded: firstVarint((averages().get() as { block: Uint8Array }).block),
    };
    return passages;
  }

  /** FTS5 only marks passages as removed, in pages whose numbers begin with this one (fts5_index.c, "FTS5_TOMBSTONE_ROWID"). */
  function anyRemoved(): boolean {
    if (!isMade) make();
    return database.prepare(`SELECT 1 FROM ${table}_data WHERE id >= 9007199254740992 LIMIT 1`).get() !== undefined;
  }

  /** Forgets what was cached, once something has been added or removed. */
  function wasChanged({ hasRemoved }: { hasRemoved: boolean }) {
    isTidy = false;
    if (hasRemoved) isErased = false;
    passages = null;
    counts.clear();
    scores.clear();
    scoresHeld = 0;
  }

  /** BM25 is a sum over words, and no word's part depends on another: so each part can be cached. */
  function scoresOf(word: string): WordScores {
    const known = scores.get(word);
    if (known) return known;
    const rows = scoresOfWord().all(toMatchQuery([word])) as { key: number; score: number }[];
    const { held, everAdded } = passagesNow();
    const correction = weightOf(rows.length, held) / weightOf(rows.length, everAdded);
    const found = {
      keys: Float64Array.from(rows, ({ key }) => key),
      scores: Float64Array.from(rows, ({ score }) => Math.max(score, 0) * correction),
    };
    if (scoresHeld + rows.length > mostScores) {
      scores.clear();
      scoresHeld = 0;
    }
    scores.set(word, found);
    scoresHeld += rows.length;
    return found;
  }

  function countOf(word: string): number {
    const known = counts.get(word);
    if (known !== undefined) return known;
    const query = toMatchQuery([word]);
    // Finding out that no passage holds a word, such as a number from the question, costs half as much as counting.
    const n = isHeld().get(query) ? (countUpTo().get(query, mostPostings + 1) as { n: number }).n : 0;
    if (counts.size >= mostCounts) counts.clear();
    counts.set(word, n);
    return n;
  }

  return {
    add(passageKey: number, headings: string, text: string) {
      wasChanged({ hasRemoved: false });
      execute(insert(), passageKey, toSearchableWords(headings), toSearchableWords(text));
    },
    remove(passageKey: number) {
      wasChanged({ hasRemoved: true });
      execute(erase(), passageKey);
    },
    make,
    /** To be called when another connection has added or removed something. */
    wasChanged,

    /**
     * Does a little of the merging of pieces that were added one by one, where there are enough to be worth it: a search looks for every
     * word in each piece (https://sqlite.org/fts5.html, "The 'merge' Command").
     * @returns whether there may be more to do
     */
    tidy(): boolean {
      if (isTidy) return false;
      const changesSoFar = () => (totalChanges().get() as { n: number }).n;
      try {
        const before = changesSoFar();
        execute(merge(), mergedPages);
        isTidy = changesSoFar() - before < 2;
        return !isTidy;
      } catch (error) {
        isTidy = isDamaged(error); // or it would be retried forever, and nothing after it be tidied
        throw error;
      }
    },

    /**
     * Does a little of the rewriting by which the words of removed passages go: all others are written anew without them.
     * @returns whether there may be more to do
     */
    eraseRemoved(): boolean {
      if (isErased) return false;
      try {
        isErased = !anyRemoved();
        if (!isErased) execute(merge(), -mergedPages);
        return !isErased;
      } catch (error) {
        isErased = isDamaged(error); // as above
        throw error;
      }
    },

    /**
     * BM25 scores by passage key, of all passages that share a word with the question; higher is better. In a large collection only
     * the question's rarest words are searched for, as many as `mostPostings` allows.
     */
    search(question: string): Map<number, number> {
      const counted = wordsOf(question).map((word) => ({ word, count: countOf(word) }));
      const sums = new Map<number, number>();
      for (const { word, count } of rarest(counted, mostPostings)) {
        if (count === 0) continue;
        const { keys, scores: added } = scoresOf(word);
        for (let at = 0; at < keys.length; at += 1) sums.set(keys[at]!, (sums.get(keys[at]!) ?? 0) + added[at]!);
      }
      return sums;
    },
  };
}
