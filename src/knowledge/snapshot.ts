import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FaissIndex, IndexKind } from './index-part.ts';
import type { Owners } from './owners.ts';
import { isAlive, replaceFile, syncPath } from './replace-file.ts';

/** What a snapshot says about itself; all of it is checked when the snapshot is loaded. */
export type Manifest = {
  format: 2;
  kind: IndexKind;
  /** The store it belongs to: passage keys mean nothing in another one. */
  storeId: string;
  embeddingModel: string;
  dimension: number;
  windows: number;
  /** The highest passage key in it; later passages are missing. */
  lastPassageKey: number;
  /** How many windows a quantized index compares once more, and its recall of the ten nearest with that, on a sample; 0 and null if exact. */
  reranked: number;
  recallAt10: number | null;
  /** The sum of all vectors. */
  sum: number[];
  files: Record<string, { bytes: number; sha256: string }>;
};

const vectorsFile = 'vectors.faiss';
const ownersFile = 'owners.bin';

/** The folder of a collection's snapshots. */
export const snapshotFolder = (dataDir: string, collectionKey: number) => join(dataDir, 'index', String(collectionKey));

/** A manifest with its own checksum on a second line, so that not even a digit of it can change unnoticed. */
const sealed = (json: string) => `${json}\n${createHash('sha256').update(json).digest('hex')}\n`;

/** The length and the hash of a file, read piece by piece. */
function hashFile(file: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(2 ** 22);
  const descriptor = openSync(file, 'r');
  let bytes = 0;
  try {
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
      hash.update(piece.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The names in a folder that are numbers, highest first. */
const numbersIn = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .sort((one, other) => other - one)
    : [];

/**
 * Writes a snapshot as the next generation: into a temporary folder, which is synced, then given its name, then pointed to. Killed at any
 * instant, this leaves the earlier snapshots and at most a folder that is cleared away later; if it fails, it leaves nothing.
 * @returns the generation's number
 */
export function writeSnapshot(
  folder: string,
  index: FaissIndex,
  owners: Owners,
  about: Omit<Manifest, 'format' | 'files' | 'windows'>,
): number {
  const unfinished = join(folder, `unfinished-${process.pid}`);
  let toRemove: string | null = unfinished;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    writeFiles(unfinished, index, owners, about);
    const generation = (numbersIn(folder)[0] ?? 0) + 1;
    renameSync(unfinished, join(folder, String(generation)));
    toRemove = join(folder, String(generation));
    syncPath(folder);
    writeFileSync(join(folder, 'current.new'), String(generation));
    toRemove = null; // from here on, `current` may point to it
    replaceFile(join(folder, 'current.new'), join(folder, 'current'));
    return generation;
  } catch (error) {
    if (toRemove) rmSync(toRemove, { recursive: true, force: true }); // on a full disk it takes up the last room
    throw error;
  }
}

function writeFiles(
  unfinished: string,
  index: FaissIndex,
  owners: Owners,
  about: Omit<Manifest, 'format' | 'files' | 'windows'>,
) {
  index.write(join(unfinished, vectorsFile));
  const descriptor = openSync(join(unfinished, ownersFile), 'w');
  writeSync(descriptor, new Uint8Array(owners.keys.buffer, owners.keys.byteOffset, owners.size * 8));
  writeSync(descriptor, new Uint8Array(owners.windows.buffer, owners.windows.byteOffset, owners.size * 2));
  closeSync(descriptor);
  const files = Object.fromEntries([vectorsFile, ownersFile].map((name) => [name, hashFile(join(unfinished, name))]));
  const manifest: Manifest = { format: 2, ...about, windows: owners.size, files };
  writeFileSync(join(unfinished, 'manifest.json'), sealed(JSON.stringify(manifest)));
  for (const name of [vectorsFile, ownersFile, 'manifest.json', '.']) syncPath(join(unfinished, name));
}

/** A checked snapshot: its manifest, the owners, and the path of the FAISS file, which is now safe to read. */
export type CheckedSnapshot = { manifest: Manifest; owners: Owners; vectorsPath: string };

/** Checks one generation against its manifest, byte by byte. @returns null where anything is wrong */
export function checkGeneration(folder: string, generation: number): CheckedSnapshot | null {
  const path = join(folder, String(generation));
  try {
    const text = readFileSync(join(path, 'manifest.json'), 'utf8');
    const [json = ''] = text.split('\n');
    if (text !== sealed(json)) return null;
    const manifest = JSON.parse(json) as Manifest;
    if (manifest.format !== 2) return null;
    for (const name of [vectorsFile, ownersFile]) {
      const stated = manifest.files[name]!;
      if (statSync(join(path, name)).size !== stated.bytes) return null;
      if (hashFile(join(path, name)).sha256 !== stated.sha256) return null;
    }
    const bytes = readFileSync(join(path, ownersFile));
    const { windows } = manifest;
    if (bytes.length !== windows * 10 || manifest.sum.length !== manifest.dimension) return null;
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const owners = {
      keys: new Float64Array(buffer, 0, windows),
      windows: new Uint16Array(buffer, windows * 8, windows),
    };
    return { manifest, owners: { ...owners, size: windows }, vectorsPath: join(path, vectorsFile) };
  } catch {
    return null;
  }
}

/** The generation that `current` points to; NaN where there is no pointer, or it can't be read. */
export function pointedTo(folder: string): number {
  try {
    return Number(readFileSync(join(folder, 'current'), 'utf8'));
  } catch {
    return Number.NaN;
  }
}

/**
 * The newest trustworthy snapshot: the one pointed to, or else an earlier one. FAISS never reads a file that isn't byte for byte what it
 * wrote. A snapshot of another store, or of passages that this store has lost, is removed: later passages with the same keys would be
 * taken for those in it.
 * @returns null where there is none; the index is then made from the database
 */
export function findSnapshot(
  folder: string,
  expected: Pick<Manifest, 'storeId' | 'embeddingModel' | 'dimension' | 'lastPassageKey'>,
): CheckedSnapshot | null {
  const pointer = pointedTo(folder);
  const generations = numbersIn(folder);
  const order = [...new Set([pointer, ...generations])].filter((each) => generations.includes(each));
  for (const generation of order) {
    const snapshot = checkGeneration(folder, generation);
    if (!snapshot) continue;
    const { storeId, embeddingModel, dimension, lastPassageKey } = snapshot.manifest;
    if (storeId !== expected.storeId || lastPassageKey > expected.lastPassageKey) {
      rmSync(join(folder, String(generation)), { recursive: true, force: true });
      if (generation === pointer) rmSync(join(folder, 'current'));
      syncPath(folder);
    } else if (embeddingModel === expected.embeddingModel && dimension === expected.dimension) return snapshot;
  }
  return null;
}

/** Removes unfinished folders, and all generations but the two newest. */
export function tidySnapshots(folder: string) {
  if (!existsSync(folder)) return;
  // A builder may outlive its host by a moment, and still be writing.
  for (const name of readdirSync(folder))
    if (name.startsWith('unfinished-') && !isAlive(Number(name.slice('unfinished-'.length))))
      rmSync(join(folder, name), { recursive: true, force: true });
  for (const generation of numbersIn(folder).slice(2))
    rmSync(join(folder, String(generation)), { recursive: true, force: true });
}

/** Removes the snapshots of all collections but these. */
export function keepSnapshotsOf(dataDir: string, collectionKeys: number[]) {
  const folder = join(dataDir, 'index');
  const others = numbersIn(folder).filter((key) => !collectionKeys.includes(key));
  for (const key of others) rmSync(join(folder, String(key)), { recursive: true, force: true });
  if (others.length > 0) syncPath(folder);
}
