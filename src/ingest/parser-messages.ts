import type { ErrorCode } from '../errors.ts';
import type { Format } from './format.ts';
import type { FileToLoad, TextToLoad } from './load.ts';
import type { PassageSpan } from './split.ts';

/** What is to be read, and how it is to be split. */
export type ParseRequest = (FileToLoad | TextToLoad) & { chunkSizeTokens: number; chunkOverlapTokens: number };

/** A document is sent in pieces; the last one comes with the rest of the request. */
export type ParseMessage = { piece: string | Uint8Array } | { last: ParseRequest };

/**
 * A reply: first `ready`, once; then, for each request, the text and the passages in pieces and `done`, or an error. In pieces, because
 * receiving a message of twenty megabytes blocks the receiver.
 */
export type ParseReply =
  | { ready: true }
  | { text: string }
  | { passages: PassageSpan[] }
  | { done: { format: Format; title: string | null } }
  | { error: { code: ErrorCode; message: string; stack?: string | undefined } };

/** The last reply to a request also says whether the process has grown so large that a fresh one should take the next document. */
export type ProcessReply = ParseReply & { isSpent?: boolean };

/** The exit code of a process that ran out of memory; not near any that Node uses. */
export const OUT_OF_MEMORY = 86;
