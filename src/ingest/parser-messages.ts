import type { ErrorCode } from '../errors.ts';
import type { Format } from './format.ts';
import type { FileToLoad, TextToLoad } from './load.ts';
import type { PassageSpan } from './split.ts';

/** What is to be read, and how it is to be split. */
export type ParseRequest = (FileToLoad | TextToLoad) & { chunkSizeTokens: number; chunkOverlapTokens: number };

/** A document comes in pieces; the last one comes with all else that is to be known. */
export type ParseMessage = { piece: string | Uint8Array } | { last: ParseRequest };

/**
 * What comes back: first `ready`, once; then for each request the text and the passages in pieces, and `done`; or an error.
 * In pieces, because whoever receives a message of twenty megabytes can do nothing else meanwhile.
 */
export type ParseReply =
  | { ready: true }
  | { text: string }
  | { passages: PassageSpan[] }
  | { done: { format: Format; title: string | null } }
  | { error: { code: ErrorCode; message: string; stack?: string | undefined } };

/** The end of an answer says also whether the process has grown so large that a fresh one should take the next document. */
export type ProcessReply = ParseReply & { isSpent?: boolean };

/** The exit code by which a process says that its memory is at its end. Node uses none near it. */
export const OUT_OF_MEMORY = 86;
