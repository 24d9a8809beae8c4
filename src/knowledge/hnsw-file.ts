import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** What stands before the vectors in the flat index that ends a graph's file: its mark, its header, their number. */
const storageHead = 4 + 33 + 8;

/**
 * Sets how hard an HNSW graph tries, in the file that FAISS wrote: faiss-node has no call for it, and asking for more results
 * doesn't make FAISS look further. Both numbers stand right before the flat index that ends the file (faiss,
 * impl/index_write.cpp).
 * @param efforts.efConstruction how many neighbours are weighed when a vector is added, for an index that is still empty
 * @param efforts.efSearch how many vectors a walk compares without getting nearer before it stops
 * @returns false where the file is not laid out as expected; then nothing is changed
 */
export function setEfforts(
  path: string,
  dimension: number,
  efforts: { efConstruction?: number; efSearch?: number },
): boolean {
  const descriptor = openSync(path, 'r+');
  try {
    const bytesAt = (position: number) => {
      const bytes = Buffer.alloc(4);
      readSync(descriptor, bytes, 0, 4, position);
      return bytes;
    };
    const windows = bytesAt(8).readUInt32LE(); // mark, dimension, then a 64-bit count whose upper half is 0 here
    const storage = fstatSync(descriptor).size - storageHead - windows * dimension * 4;
    const isGraph = bytesAt(0).toString('latin1') === 'IHNf' && bytesAt(4).readInt32LE() === dimension;
    if (!isGraph || storage < 64 || !bytesAt(storage).toString('latin1').startsWith('IxF')) return false;
    const places = { efConstruction: storage - 12, efSearch: storage - 8 };
    for (const place of Object.values(places)) {
      const present = bytesAt(place).readInt32LE();
      if (present < 1 || present > 4096) return false;
    }
    for (const [name, effort] of Object.entries(efforts)) {
      const value = Buffer.alloc(4);
      value.writeInt32LE(effort);
      writeSync(descriptor, value, 0, 4, places[name as keyof typeof places]);
    }
    return true;
  } finally {
    closeSync(descriptor);
  }
}
