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

  /** Counts what is in collections, by the figures in their documents, so that each is counted in its current version alone. */
  async function count(names: string[]): Promise<Map<string, Counts>> {
    type Row = { meta: { count: number }; passages: { sum: number | null }; windows: { sum: number | null } };
    const counts = new Map<string, Counts>();
    for (let at = 0; at < names.length; at += countedAtOnce) {
      const some = names.slice(at, at + countedAtOnce);
      const parts = some.map(
        (name, place) =>
          `c${place}:AssayDocument(tenant:${JSON.stringify(name)}){meta{count} passages{sum} windows{sum}}`,
      );
      const found = await engine.query<Record<string, Row[]>>('Aggregate', parts.join(' '));
      for (const [place, name] of some.entries()) {
        const row = found[`c${place}`]?.[0];
        counts.set(name, {
          documents: row?.meta.count ?? 0,
          passages: row?.passages.sum ?? 0,
          windows: row?.windows.sum ?? 0,
        });
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

  const summary = async (name: string, counts: Map<string, Counts>): Promise<CollectionSummary> => {
    const { documents, passages } = counts.get(name)!;
    return {
      name,
      documents,
      passages,
      createdAt: (await facts.get(`collection:${name}`)) ?? new Date(0).toISOString(),
    };
  };

  const get = async (name: string): Promise<CollectionSummary | null> =>
    (await exists(name)) ? summary(name, await count([name])) : null;

  /** The making and removing of each collection, one after another; `complete` is about those of other instances. */
  const inTurn = createTurns();

  return {
    exists,
    names,
    count,
    async all(): Promise<CollectionSummary[]> {
      const found = await names();
      const counts = await count(found);
      return Promise.all(found.map((name) => summary(name, counts)));
    },
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
