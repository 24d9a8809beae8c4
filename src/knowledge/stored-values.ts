import { AppError } from '../errors.ts';
import type { Span } from '../sentences.ts';
import type { NewWindow } from './port.ts';

/** The failure to read something in the store that Assay can't have written. */
export const damagedStore = (what: string, cause?: unknown) =>
  new AppError(
    'NOT_READY',
    `The data folder is damaged: ${what} can't be read. npx assay doctor --verify says where, and what to do.`,
    { cause },
  );

function read<Value>(what: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw damagedStore(what, error);
  }
}

/** Numbers in the form in which they are stored. */
export const toBytes = (numbers: Int32Array | Float32Array) =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Stored vectors. Like all functions below, throws an AppError NOT_READY where what is stored is damaged. */
export const toFloats = (bytes: unknown) =>
  read('a vector', () => new Float32Array((bytes as Uint8Array).slice().buffer));

/** The spans of a passage's windows. */
export function toSpans(bytes: unknown): Span[] {
  const numbers = read('a window', () => new Int32Array((bytes as Uint8Array).slice().buffer));
  return Array.from({ length: numbers.length / 2 }, (_, at) => ({
    start: numbers[2 * at]!,
    end: numbers[2 * at + 1]!,
  }));
}

/** A passage's windows, each with the headings above it. */
export function toWindows(windows: unknown, headingPaths: unknown): NewWindow[] {
  const paths = read('a path of headings', () => JSON.parse(String(headingPaths)) as string[][]);
  return toSpans(windows).map((span, at) => ({ ...span, headingPath: paths[at]! }));
}

/**
 * The longest common beginning of several paths: a passage's own headings, which aren't stored, are what its windows' headings share.
 */
export function sharedPath([first = [], ...others]: string[][]): string[] {
  const end = first.findIndex((heading, at) => others.some((path) => path[at] !== heading));
  return end < 0 ? first : first.slice(0, end);
}

export const toMetadata = (json: unknown) =>
  read('metadata', () => JSON.parse(String(json)) as Record<string, unknown>);
