import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { execute, tellsOfDamage } from './database.ts';
import { damagedStore } from './stored-values.ts';

/** Words that nearly every text holds and that say nothing about which passage is meant. */
const stopWords = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can
  could did do does doing down during each few for from further had has have having he her here hers him his how i if in
  into is it its itself just me more most my no nor not now of off on once only or other our ours out over own same she
  should so some such than that the their theirs them then there these they this those through to too under until up us
  very was we were what when where which while who whom whose why will with would you your yours`.split(/\s+/),
);

/** The name of a collection's full-text table; each has its own, so that one's words never weigh in another's scores. */
const tableOf = (collectionKey: number) => `words_${collectionKey}`;

/**
 * How many occurrences in passages a search may weigh. BM25 weighs every passage that holds any of the words, so a few common ones
 * would cost more than all the rest, and tell least.
 */
export const mostPostings = 3_000;

/** How many words' counts, and how many scores of words in passages, are remembered. */
const mostCounts = 20_000;
const mostScores = 1_000_000;

/** How many pages one step of merging writes: some milliseconds' work. */
const mergedPages = 64;

/** What a word adds to the score of each passage that holds it. */
type WordScores = { keys: Float64Array; scores: Float64Array };

/**
 * A text as its words are looked for, whichever way its accents are written; a soft hyphen only says where a word may be broken, and
 * FTS5 would break it there.
 */
const inOneSpelling = (text: string) => text.replaceAll('\u00ad', '').normalize('NFC');

/** The words of a question that are worth searching for; of a question of nothing but stop words, these. */
export function wordsOf(question: string): string[] {
  const words =
    inOneSpelling(question)
      .toLowerCase()
      .match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
  const telling = words.filter((word) => !stopWords.has(word));
  return [...new Set(telling.length > 0 ? telling : words)].slice(0, 64);
}

/** The rarest of counted words, as many as together occur no more often than `most`; rarest first. */
export function rarest<Counted extends { count: number }>(words: Counted[], most: number): Counted[] {
  let room = most;
  const rising = words.toSorted((one, other) => one.count - other.count);
  return rising.filter(({ count }) => {
    room -= count;
    return room >= 0;
  });
}

/** Words as an FTS5 query: quoted, joined by OR, so that nothing in them can act as query syntax. */
export const toMatchQuery = (words: string[]) => words.map((word) => `"${word}"`).join(' OR ');

/** The weight of a word that `found` of `count` passages hold, as FTS5 reckons it (https://sqlite.org/fts5.html, "The bm25() function"). */
const weightOf = (found: number, count: number) => Math.max(1e-6, Math.log((count - found + 0.5) / (found + 0.5)));

/** A number as SQLite writes it: seven bits to a byte, the highest first, until a byte's eighth bit is not set. */
function firstVarint(bytes: Uint8Array): number {
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 127);
    if (byte < 128) break;
  }
  return number;
}

/** FTS5 can't take up a table whose settings are damaged; SQLite calls that an error of whoever asked. */
function takingUp<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isGeneric = (error as { errcode?: number }).errcode === 1; // SQLITE_ERROR, https://sqlite.org/rescode.html
    throw isGeneric ? damagedStore('a full text', error) : error;
  }
}

export type FullText = ReturnType<typeof openFullText>;

/**
 * Full-text search over one collection's passages: SQLite FTS5, Porter stemming, BM25; it keeps no copy of the texts. Nothing is read
 * before it is used: to prepare it all for each of thousands of collections would keep a start waiting for seconds.
 */
export function openFullText(database: DatabaseSync, collectionKey: number) {
  const table = tableOf(collectionKey);
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
      statement ??= takingUp(() => database.prepare(sql));
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

  /** How many passages hold a word, and the scores of a word, until what is stored changes. */
  const counts = new Map<string, number>();
  const scores = new Map<string, WordScores>();
  let scoresHeld = 0;
  const isHeld = prepared(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`);
  const countUpTo = prepared(`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT ?)`);

  // FTS5 never takes removed passages out of the number of all, for lack of their contents: a store that has had many would weigh common
  // words almost as rare ones. It keeps that number at the head of its record of averages.
  const averages = prepared(`SELECT block FROM ${table}_data WHERE id = 1`);
  const countAll = prepared(`SELECT count(*) AS n FROM ${table}_docsize`);
  let passages: { held: number; everAdded: number } | null = null;
  let isTidy = false; // who wrote before may have left something to merge

  /** How many passages there are, and how many FTS5 takes there to be. */
  function passagesNow() {
    passages ??= {
      held: (countAll().get() as { n: number }).n,
      everAdded: firstVarint((averages().get() as { block: Uint8Array }).block),
    };
    return passages;
  }

  function forget() {
    isTidy = false;
    passages = null;
    counts.clear();
    scores.clear();
    scoresHeld = 0;
  }

  /** BM25 is a sum over words, and what a word adds depends on no other: so it is asked for once. */
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
    // That no passage holds a word, such as a number that only the question has, is found out at half the cost of counting.
    const n = isHeld().get(query) ? (countUpTo().get(query, mostPostings + 1) as { n: number }).n : 0;
    if (counts.size >= mostCounts) counts.clear();
    counts.set(word, n);
    return n;
  }

  return {
    add(passageKey: number, headings: string, text: string) {
      forget();
      execute(insert(), passageKey, inOneSpelling(headings), inOneSpelling(text));
    },
    remove(passageKey: number) {
      forget();
      execute(erase(), passageKey);
    },
    make,
    drop: () => takingUp(() => database.exec(`DROP TABLE IF EXISTS ${table}`)),

    /**
     * Merges what was added bit by bit, a little at a time, where there is enough of it to be worth the writing: every word that is looked
     * up is looked for in each piece (https://sqlite.org/fts5.html, "The 'merge' Command").
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
        isTidy = error instanceof AppError || tellsOfDamage(error); // else it would be tried for ever, and nothing behind it
        throw error;
      }
    },

    /**
     * BM25 scores of all passages that share a word with the question; higher is better. In a large collection its rarest words
     * are searched for, as many as `mostPostings` allows.
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
