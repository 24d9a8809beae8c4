import { between, oneOf, type Random } from '../doubles/seeded-random.ts';
import { longSource } from './documents.ts';

/** The collection that all lanes write to, each with its own sources; each lane also creates and removes a collection of its own. */
export const sharedCollection = 'shared';
export const ownCollection = (lane: number) => `own-${lane}`;
export const laneOfSource = (source: string) => Number(source.split('-')[0]);

/** The current version of each source; `own` is null while the lane's own collection does not exist. */
export type LaneState = { shared: Record<string, number>; own: Record<string, number> | null };

/**
 * A write. A lane starts one when its last has been answered, and no two lanes write the same documents, so at any instant
 * a lane's documents may be in one of two states: the one before its last write or the one after it.
 */
export type Operation =
  | { kind: 'put'; collection: string; documents: { source: string; version: number }[] }
  | { kind: 'remove'; collection: string; source: string }
  | { kind: 'createCollection'; collection: string }
  | { kind: 'removeCollection'; collection: string };

export const emptyLane = (): LaneState => ({ shared: {}, own: null });

/** The state of a lane's documents after a write. */
export function apply(state: LaneState, operation: Operation): LaneState {
  if (operation.kind === 'createCollection') return { ...state, own: state.own ?? {} };
  if (operation.kind === 'removeCollection') return { ...state, own: null };
  const place = operation.collection === sharedCollection ? 'shared' : 'own';
  const sources = { ...state[place] };
  if (operation.kind === 'remove') delete sources[operation.source];
  else for (const { source, version } of operation.documents) sources[source] = version;
  return { ...state, [place]: sources };
}

/**
 * The next write of a lane.
 * @param version a number that no document of this lane has had before
 * @param growing only puts of new sources, so that the store grows until there is no room left
 */
export function nextOperation(
  random: Random,
  options: { lane: number; state: LaneState; version: number; growing: boolean },
): Operation {
  const { lane, state, version, growing } = options;
  const dice = random();
  if (growing) return { kind: 'put', collection: sharedCollection, documents: newSources(3, version) };
  if (dice < 0.04 && state.own) return { kind: 'removeCollection', collection: ownCollection(lane) };
  if (dice < 0.12 && !state.own) return { kind: 'createCollection', collection: ownCollection(lane) };
  const inOwn = state.own !== null && random() < 0.4;
  const collection = inOwn ? ownCollection(lane) : sharedCollection;
  const present = Object.keys((inOwn ? state.own : state.shared) ?? {});
  if (dice < 0.35 && present.length > 0) return { kind: 'remove', collection, source: oneOf(random, present) };
  const sources = new Set(Array.from({ length: between(random, 1, 3) }, () => `${lane}-${between(random, 0, 7)}`));
  if (random() < 0.07) sources.add(longSource(lane));
  return { kind: 'put', collection, documents: [...sources].map((source) => ({ source, version })) };

  function newSources(count: number, first: number) {
    return Array.from({ length: count }, (_, at) => ({ source: `${lane}-${first}-${at}`, version: first }));
  }
}

/** The documents of a lane, by name. */
export function documentsOf(lane: number, { shared, own }: LaneState) {
  const named = (collection: string, sources: Record<string, number>) =>
    Object.entries(sources).map(([source, version]) => ({ collection, source, version }));
  return [...named(sharedCollection, shared), ...named(ownCollection(lane), own ?? {})];
}
