import { AppError } from '../errors.ts';
import type { Span } from '../sentences.ts';
import type { NewWindow } from './port.ts';

/** What is told where the store holds something that Assay never writes. */
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

/** Numbers as they are stored. */
export const toBytes = (numbers: Int32Array | Float32Array) =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Vectors that were stored. The functions here throw an AppError NOT_READY where what is stored is damaged. */
export const toFloats = (bytes: unknown) =>
  read('a vector', () => new Float32Array((bytes as Uint8Array).slice().buffer));

/** Where the windows of a passage are. */
export function toSpans(bytes: unknown): Span[] {
  const numbers = read('a window', () => new Int32Array((bytes as Uint8Array).slice().buffer));
  return Array.from({ length: numbers.length / 2 }, (_, at) => ({
    start: numbers[2 * at]!,
    end: numbers[2 * at + 1]!,
  }));
}

/** The windows of a passage, with the headings that each stands under. */
export function toWindows(windows: unknown, headingPaths: unknown): NewWindow[] {
  const paths = read('a path of headings', () => JSON.parse(String(headingPaths)) as string[][]);
  return toSpans(windows).map((span, at) => ({ ...span, headingPath: paths[at]! }));
}

export const toMetadata = (json: unknown) =>
  read('metadata', () => JSON.parse(String(json)) as Record<string, unknown>);
