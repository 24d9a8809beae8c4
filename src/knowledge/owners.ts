/**
 * Whose vectors an index holds: for each label, in order, the passage's key and the window's number in that passage. Passages are added
 * in the order of their keys, so a passage's labels are found by binary search.
 */
export type Owners = { keys: Float64Array; windows: Uint16Array; size: number };

export const noOwners = (): Owners => ({ keys: new Float64Array(0), windows: new Uint16Array(0), size: 0 });

/** Adds the windows of a passage, whose key must be higher than all before. */
export function addOwner(owners: Owners, passageKey: number, windowCount: number) {
  const size = owners.size + windowCount;
  if (size > owners.keys.length) {
    const room = Math.max(size, Math.ceil(owners.keys.length * 1.5), 1024);
    const keys = new Float64Array(room);
    const windows = new Uint16Array(room);
    keys.set(owners.keys.subarray(0, owners.size));
    windows.set(owners.windows.subarray(0, owners.size));
    Object.assign(owners, { keys, windows });
  }
  for (let window = 0; window < windowCount; window += 1) {
    owners.keys[owners.size + window] = passageKey;
    owners.windows[owners.size + window] = window;
  }
  owners.size = size;
}

/** The labels of a passage's windows: from `from` up to, but not including, `to`. */
export function labelsOf({ keys, size }: Owners, passageKey: number): [from: number, to: number] {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < passageKey) low = middle + 1;
    else high = middle;
  }
  let to = low;
  while (to < size && keys[to] === passageKey) to += 1;
  return [low, to];
}

/** Closes the gaps that removed labels leave, as a flat FAISS index does. */
export function withoutLabels(owners: Owners, removed: ReadonlySet<number>): Owners {
  const kept = noOwners();
  kept.keys = new Float64Array(owners.size - removed.size);
  kept.windows = new Uint16Array(owners.size - removed.size);
  for (let label = 0; label < owners.size; label += 1) {
    if (removed.has(label)) continue;
    kept.keys[kept.size] = owners.keys[label]!;
    kept.windows[kept.size] = owners.windows[label]!;
    kept.size += 1;
  }
  return kept;
}
