import { setTimeout as delay } from 'node:timers/promises';
import { between, oneOf, type Random } from '../doubles/seeded-random.ts';
import { partsOf, wordOf } from '../torture/documents.ts';
import { nameOf, type Source, textOf, visible } from './material.ts';

/** An operation that was tried: when it ended, in milliseconds, and whether it was done. */
export type Outcome = { kind: 'write' | 'collection' | 'read' | 'ask'; endedAt: number; done: boolean; status: number };

/** Every broken promise that was found, one sentence each. */
export type Faults = { lost: string[]; half: string[]; resurrected: string[] };
export const noFaults = (): Faults => ({ lost: [], half: [], resurrected: [] });

type Json = Record<string, never> & { id: string; context: Found[]; documents: { source: string }[] };
type Found = { source: string; text: string; start: number; end: number };
type Reply = { status: number; json: Json };

const timeoutMs = 30_000;
/** How long it may take until a write is acknowledged, tries and all. */
const patienceMs = 90_000;
const pauseMs = 20;
const say = ({ name, acknowledged }: Source) => `${name}@${acknowledged}`;

/**
 * The calls of the load through a proxy: each adds an outcome, and what it reads is compared with what was acknowledged.
 * @param sources all there are in their collection
 */
export function createLoad(url: string, sources: Source[], faults: Faults, outcomes: Outcome[]) {
  const { collection } = sources[0]!;

  async function call(kind: Outcome['kind'], expected: number[], method: string, path: string, body?: unknown) {
    let status = 0;
    let json = {} as Json;
    try {
      const response = await fetch(url + path, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      status = response.status;
      const text = await response.text();
      if (text.startsWith('{')) json = JSON.parse(text);
    } catch {
      // Nothing came back: status 0.
    }
    const done = expected.includes(status);
    outcomes.push({ kind, endedAt: performance.now(), done, status });
    return done ? ({ status, json } satisfies Reply) : null;
  }

  /**
   * Tries until it is done: what is not acknowledged may have been done or not.
   * @throws Error where it is not done for `patienceMs`
   */
  async function persist(kind: Outcome['kind'], expected: number[], method: string, path: string, body?: unknown) {
    for (const begun = performance.now(); performance.now() - begun < patienceMs; ) {
      const reply = await call(kind, expected, method, path, body);
      if (reply) return reply;
      await delay(pauseMs * 5);
    }
    const last = outcomes.findLast(({ done }) => !done)?.status;
    throw new Error(`${method} ${path} is not done for ${patienceMs / 1000} s; the last status was ${last}`);
  }

  async function write(source: Source, version: number | null) {
    source.underWay = { version };
    source.writes += 1;
    if (version === null) await persist('write', [204, 404], 'DELETE', `/documents/${source.id}`);
    else {
      const text = textOf(source, version);
      const body = { source: source.name, text, format: 'text', collection };
      const { json } = await persist('write', [200, 201], 'POST', '/documents', body);
      source.id = json.id;
    }
    source.acknowledged = version;
    source.underWay = null;
  }

  /** Whether a source stayed as it is while something was read; what is being written may be seen or not. */
  const watched = (source: Source) => {
    const { writes, underWay } = source;
    const before = visible(source);
    return {
      isUnchanged: () => underWay === null && source.writes === writes,
      versions: () => [...new Set([...before, ...visible(source)])],
      isClear: () => source.writes - writes <= 1,
    };
  };

  /** The passages found of a source must all be of one version that may be seen. */
  function checkFound(source: Source, found: Found[], versions: (number | null)[]) {
    const own = found.filter(({ source: name }) => name === source.name);
    const isOf = (version: number | null) =>
      version !== null && own.every(({ text, start, end }) => textOf(source, version).slice(start, end) === text);
    if (own.length > 0 && !versions.some(isOf)) {
      const kind = versions.every((version) => version === null) ? 'resurrected' : 'half';
      faults[kind].push(`a search found of ${say(source)}: ${own.map(({ text }) => text).join(' / ')}`);
    }
    return own;
  }

  async function search(source: Source) {
    const seen = watched(source);
    const version = source.acknowledged;
    if (version === null) return;
    const word = wordOf(nameOf(source, version), between(Math.random, 0, partsOf(nameOf(source, version)) - 1));
    const reply = await call('read', [200], 'POST', '/search', { question: word, topK: 5, collection });
    if (!reply || !seen.isClear()) return;
    const own = checkFound(source, reply.json.context, seen.versions());
    if (seen.isUnchanged() && !own.some(({ text }) => text.includes(word)))
      faults.lost.push(`${say(source)} is not found by its word`);
  }

  async function read(source: Source) {
    const { id } = source;
    if (id === null) return;
    const seen = watched(source);
    const reply = await call('read', [200, 404], 'GET', `/documents/${id}`);
    if (!reply || !seen.isClear()) return;
    const versions = seen.versions();
    if (reply.status === 404) {
      if (!versions.includes(null)) faults.lost.push(`${say(source)} is not there`);
    } else if (!versions.some((version) => version !== null && String(reply.json.text) === textOf(source, version)))
      faults[versions.every((version) => version === null) ? 'resurrected' : 'lost'].push(
        `${say(source)} reads ${String(reply.json.text).slice(0, 60)}`,
      );
  }

  return {
    /** Puts, replaces and removes documents of its own sources until told to stop. */
    async write(random: Random, own: Source[], isOver: () => boolean) {
      while (!isOver()) {
        const source = oneOf(random, own);
        const removes = source.acknowledged !== null && random() < 0.3;
        await write(source, removes ? null : source.writes + 1);
        await delay(pauseMs);
      }
    },

    /** Makes and removes collections, which the leader of the engine's nodes decides. */
    async makeCollections(name: string, isOver: () => boolean) {
      for (let at = 0; !isOver(); at += 1) {
        await persist('collection', [200, 201], 'PUT', `/collections/${name}-${at}`);
        await persist('collection', [204, 404], 'DELETE', `/collections/${name}-${at}`);
        await delay(pauseMs * 5);
      }
    },

    async read(random: Random, isOver: () => boolean) {
      while (!isOver()) {
        await (random() < 0.5 ? search : read)(oneOf(random, sources));
        await delay(pauseMs);
      }
    },

    async ask(random: Random, isOver: () => boolean) {
      while (!isOver()) {
        const source = oneOf(random, sources);
        const seen = watched(source);
        const question = `What does ${source.name} say?`;
        const reply = await call('ask', [200], 'POST', '/ask', { question, collection });
        if (reply && seen.isClear()) checkFound(source, reply.json.context, seen.versions());
        await delay(pauseMs);
      }
    },

    /** Compares everything with what was acknowledged, while nothing is being written. */
    async checkAll() {
      for (const source of sources) {
        await read(source);
        await search(source);
      }
      const listed: string[] = [];
      for (let cursor = '', more = true; more; ) {
        const path = `/documents?collection=${collection}&limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
        const { json } = await persist('read', [200], 'GET', path);
        listed.push(...json.documents.map(({ source }) => source));
        cursor = String((json as { nextCursor?: string }).nextCursor ?? '');
        more = cursor !== '';
      }
      const expected = sources.filter(({ acknowledged }) => acknowledged !== null);
      for (const source of expected)
        if (!listed.includes(source.name)) faults.lost.push(`${say(source)} is not listed`);
      for (const name of listed)
        if (!expected.some((source) => source.name === name)) faults.resurrected.push(`${name} is listed`);
      const { json } = await persist('read', [200], 'GET', `/collections/${collection}`);
      const { documents } = json as unknown as { documents: number };
      if (documents !== expected.length)
        faults.half.push(`the collection counts ${documents} documents, not ${expected.length}`);
    },
  };
}
