import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads one file out of a jar, which is a zip. Nothing is written under a name that the archive chooses. Set-up has no dependencies, this
 * takes forty lines, and the result is checked by its SHA-256 anyway.
 * @param {string} path
 * @param {string} name
 * @returns {Buffer | undefined} undefined where it holds no such file, or is not a zip
 */
export function readFromJar(path, name) {
  const jar = readFileSync(path);
  const end = jar.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > jar.length || jar.readUInt32LE(end) !== END_OF_DIRECTORY) return undefined;
  let at = jar.readUInt32LE(end + 16);
  for (let left = jar.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > jar.length || jar.readUInt32LE(at) !== DIRECTORY_ENTRY) return undefined;
    const method = jar.readUInt16LE(at + 10);
    const compressedBytes = jar.readUInt32LE(at + 20);
    const bytes = jar.readUInt32LE(at + 24);
    const nameBytes = jar.readUInt16LE(at + 28);
    const offset = jar.readUInt32LE(at + 42);
    if (jar.toString('utf8', at + 46, at + 46 + nameBytes) === name) {
      if (offset + 30 > jar.length) return undefined;
      const start = offset + 30 + jar.readUInt16LE(offset + 26) + jar.readUInt16LE(offset + 28);
      const data = jar.subarray(start, start + compressedBytes);
      if (method === STORED) return data;
      if (method !== DEFLATED) return undefined;
      try {
        return inflateRawSync(data, { maxOutputLength: Math.max(1, bytes) });
      } catch {
        return undefined;
      }
    }
    at += 46 + nameBytes + jar.readUInt16LE(at + 30) + jar.readUInt16LE(at + 32);
  }
  return undefined;
}
