import { AppError } from '../errors.ts';
import type { NewDocument } from './port.ts';

/** How many numbers go in one message: a mebibyte, which takes some milliseconds to write and to read. */
const numbersInPiece = 2 ** 18;
/** How many hosts, at most, are given the vectors of one write. */
const mostHosts = 3;

/** A document as it is sent to the host; for long `vectors`, the number under which the host holds them. */
export type SentDocument = Omit<NewDocument, 'vectors'> & { vectors: Float32Array | number };
/** A piece of the vectors that the host holds under a number. */
export type VectorPiece = { number: number; length: number; offset: number; piece: Float32Array };
/** The requests that `putInPieces` makes of the host. `put` resolves to null where vectors aren't held: another host held them. */
export type PieceCalls<Stored> = {
  holdVectors(piece: VectorPiece): Promise<unknown>;
  put(documents: SentDocument[]): Promise<Stored | null>;
};

let nextNumber = 0;

/**
 * Has the host store documents. Sent in one message, the vectors of a large one would hold up both processes: so they are sent
 * before it, piece by piece.
 * @throws AppError NOT_READY where one host after another ends meanwhile; what the calls throw
 */
export async function putInPieces<Stored>(documents: NewDocument[], calls: PieceCalls<Stored>): Promise<Stored> {
  for (let host = 1; host <= mostHosts; host += 1) {
    const sent: SentDocument[] = [];
    for (const document of documents)
      sent.push(isLong(document.vectors) ? { ...document, vectors: await send(document.vectors, calls) } : document);
    const stored = await calls.put(sent);
    if (stored !== null) return stored;
  }
  throw new AppError('NOT_READY', 'The knowledge host stopped each time it worked on this.');
}

const isLong = ({ length }: Float32Array) => length > numbersInPiece;

/** @returns the number under which the host holds the vectors */
async function send(vectors: Float32Array, calls: PieceCalls<unknown>): Promise<number> {
  const { length } = vectors;
  const number = nextNumber++;
  for (let offset = 0; offset < length; offset += numbersInPiece)
    await calls.holdVectors({ number, length, offset, piece: vectors.subarray(offset, offset + numbersInPiece) });
  return number;
}

/** The host's side: holds vectors, in memory that threads share, until the documents come that they belong to. */
export function createHeldVectors() {
  const held = new Map<number, { vectors: Float32Array; missing: number }>();
  return {
    /** Whether some are held, for a write that is still to come. */
    any: () => held.size > 0,
    hold({ number, length, offset, piece }: VectorPiece) {
      const entry = held.getOrInsertComputed(number, () => ({
        vectors: new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT)),
        missing: length,
      }));
      entry.vectors.set(piece, offset);
      entry.missing -= piece.length;
    },
    /** The documents with their vectors, which are held no longer; null where some were never all there. */
    take(documents: SentDocument[]): NewDocument[] | null {
      const whole: NewDocument[] = [];
      for (const document of documents) {
        const { vectors } = document;
        const entry = typeof vectors === 'number' ? held.get(vectors) : { vectors, missing: 0 };
        if (typeof vectors === 'number') held.delete(vectors);
        if (entry?.missing === 0) whole.push({ ...document, vectors: entry.vectors });
      }
      return whole.length === documents.length ? whole : null;
    },
  };
}
