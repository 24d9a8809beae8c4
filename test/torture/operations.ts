import { between, oneOf, type Random } from '../doubles/seeded-random.ts';

/** The collection that all lanes write to, each its own sources; besides it each lane makes and removes one of its own. */
export const sharedCollection = 'shared';
export const ownCollection = (lane: number) => `own-${lane}`;
export const laneOfSource = (source: string) => Number(source.split('-')[0]);

/** Which version each source is in; `own` is null where the lane's own collection is not there. */
export type LaneState = { shared: Record<string, number>; own: Record<string, number> | null };

/**
 * A write. A lane starts one when the last has been answered, and no two lanes write the same thing, so that at any instant
 * there are two states a lane's documents may be in: that before its last write and that after it.
 */
export type Operation =
  | { kind: 'put'; collection: string; documents: { source: string; version: number }[] }
  | { kind: 'remove'; collection: string; source: string }
  | { kind: 'createCollection'; collection: string }
  | { kind: 'removeCollection'; collection: string };

export const emptyLane = (): LaneState => ({ shared: {}, own: null });

/** What the documents are after a write. */
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
 * @param version a number that no text of this lane had before
 * @param growing puts of new sources only, so that the store grows until something gives
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
