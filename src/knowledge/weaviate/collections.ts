import { AppError } from '../../errors.ts';
import type { CollectionSummary, MadeCollection } from '../port.ts';
import { tenantClasses } from './classes.ts';
import type { Engine } from './engine.ts';
import type { createFacts } from './facts.ts';
import { createTurns } from './turns.ts';

/** How many collections one query counts. */
const countedAtOnce = 50;

type Counts = { documents: number; passages: number; windows: number };

/** Collections as tenants of the engine. */
export function createCollections(engine: Engine, facts: ReturnType<typeof createFacts>) {
  const tenantsOf = (className: string) => `/v1/schema/${className}/tenants`;

  const isIn = async (className: string, name: string) =>
    (await engine.request('GET', `${tenantsOf(className)}/${name}`)) !== null;
  const exists = (name: string) => isIn('AssayDocument', name);

  type Row = { meta: { count: number }; passages: { sum: number | null }; windows: { sum: number | null } };
  async function countSome(some: string[]): Promise<[string, Counts][]> {
    const parts = some.map(
      (name, at) => `c${at}:AssayDocument(tenant:${JSON.stringify(name)}){meta{count} passages{sum} windows{sum}}`,
    );
    const found = await engine.query<Record<string, Row[]>>('Aggregate', parts.join(' '));
    return some.map((name, at) => {
      const row = found[`c${at}`]?.[0];
      const [passages, windows] = [row?.passages.sum ?? 0, row?.windows.sum ?? 0];
      return [name, { documents: row?.meta.count ?? 0, passages, windows }];
    });
  }

  /**
   * Counts what is in collections, by the figures in their documents, so that each is counted in its current version alone. Those that
   * are removed meanwhile are left out.
   */
  async function count(all: string[]): Promise<Map<string, Counts>> {
    const counts = new Map<string, Counts>();
    for (let left = all; left.length > 0; ) {
      try {
        for (const [name, each] of await countSome(left.slice(0, countedAtOnce))) counts.set(name, each);
        left = left.slice(countedAtOnce);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'COLLECTION_NOT_FOUND')) throw error;
        const there = new Set(await names());
        const still = left.filter((name) => there.has(name));
        if (still.length === left.length) throw error;
        left = still;
      }
    }
    return counts;
  }

  async function namesIn(className: string): Promise<string[]> {
    const found = (await engine.request<{ name: string }[]>('GET', tenantsOf(className))) ?? [];
    return found.map(({ name }) => name).sort();
  }
  const names = () => namesIn('AssayDocument');
  const addTo = (className: string, some: string[]) =>
    engine.request(
      'POST',
      tenantsOf(className),
      some.map((name) => ({ name })),
    );

  const summaries = async (some: string[]): Promise<CollectionSummary[]> => {
    const summary = async ([name, { documents, passages }]: [string, Counts]) => {
      const createdAt = (await facts.get(`collection:${name}`)) ?? new Date(0).toISOString();
      return { name, documents, passages, createdAt };
    };
    return Promise.all([...(await count(some))].map(summary));
  };

  const get = async (name: string): Promise<CollectionSummary | null> =>
    (await exists(name)) ? ((await summaries([name]))[0] ?? null) : null;

  /** The making and removing of each collection, one after another; `complete` is about those of other instances. */
  const inTurn = createTurns();

  return {
    exists,
    names,
    count,
    all: async (): Promise<CollectionSummary[]> => summaries(await names()),
    get,
    create: (name: string): Promise<MadeCollection> =>
      inTurn(name, async () => {
        const there = await Promise.all(tenantClasses.map((className) => isIn(className, name)));
        const found = there.at(-1) ? await get(name) : null;
        const createdAt = new Date().toISOString();
        if (!found) await facts.set(`collection:${name}`, createdAt);
        // The class that makes it exist comes last. What an interrupted removal left in the others is never of a current version.
        for (const [at, className] of tenantClasses.entries()) if (!found || !there[at]) await addTo(className, [name]);
        if (found) return { made: false, collection: found };
        return { made: true, collection: { name, documents: 0, passages: 0, createdAt } };
      }),
    remove: (name: string): Promise<boolean> =>
      inTurn(name, async () => {
        const existed = await exists(name);
        for (const className of tenantClasses.toReversed())
          await engine.request('DELETE', tenantsOf(className), [name]);
        return existed;
      }),
    /** Makes the tenants that collections lack: of one that an instance made while another was removing it, some are gone. */
    async complete(): Promise<void> {
      const others = tenantClasses.filter((className) => className !== 'AssayDocument');
      const there = await Promise.all(others.map(namesIn));
      const all = await names(); // last, since those that are being made get this one last
      for (const [at, className] of others.entries()) {
        const found = new Set(there[at]);
        const missing = all.filter((name) => !found.has(name));
        if (missing.length > 0) await addTo(className, missing);
      }
    },
  };
}
