import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** What stands before the vectors in the flat index that ends a graph's file: its mark, its header, their number. */
const storageHead = 4 + 33 + 8;

/**
 * Sets how far an HNSW graph looks, in the file that FAISS wrote: faiss-node has no call for it, and asking for more results
 * doesn't make FAISS look further. The number stands second but one before the flat index that ends the file (faiss, impl/index_write.cpp).
 * @param efSearch how many vectors a walk compares without getting nearer before it stops
 * @returns false where the file is not laid out as expected; then nothing is changed
 */
export function setEfSearch(path: string, dimension: number, efSearch: number): boolean {
  const descriptor = openSync(path, 'r+');
  try {
    const numberAt = (position: number) => {
      const bytes = Buffer.alloc(4);
      readSync(descriptor, bytes, 0, 4, position);
      return bytes;
    };
    const windows = numberAt(8).readUInt32LE(); // mark, dimension, then a 64-bit count whose upper half is 0 here
    const storage = fstatSync(descriptor).size - storageHead - windows * dimension * 4;
    const isGraph = /^IHNf$/.test(numberAt(0).toString('latin1')) && numberAt(4).readInt32LE() === dimension;
    if (!isGraph || storage < 64 || !/^IxF/.test(numberAt(storage).toString('latin1'))) return false;
    const [efConstruction, present] = [numberAt(storage - 12).readInt32LE(), numberAt(storage - 8).readInt32LE()];
    if (efConstruction < 8 || efConstruction > 2000 || present < 1 || present > 4096) return false;
    const value = Buffer.alloc(4);
    value.writeInt32LE(efSearch);
    writeSync(descriptor, value, 0, 4, storage - 8);
    return true;
  } finally {
    closeSync(descriptor);
  }
}
