import { parentPort } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import { loadDocument, loadText } from './load.ts';
import type { ParseMessage, ParseReply, ParseRequest } from './parser-messages.ts';
import { type PassageSpan, splitDocument } from './split.ts';
import { createTokenCounter } from './tokens.ts';

const PIECE_LENGTH = 512 * 1_024;
const WINDOWS_PER_PIECE = 500;

const countTokens = createTokenCounter();
const reply = (message: ParseReply) => parentPort?.postMessage(message);

async function read(request: ParseRequest): Promise<void> {
  const loaded = 'text' in request ? await loadText(request) : await loadDocument(request);
  const passages = splitDocument(loaded, { ...request, countTokens });
  const { text, format, title } = loaded;
  for (let at = 0; at < text.length; at += PIECE_LENGTH) reply({ text: text.slice(at, at + PIECE_LENGTH) });
  let piece: PassageSpan[] = [];
  let windows = 0;
  for (const passage of passages) {
    piece.push(passage);
    windows += passage.windows.length;
    if (windows < WINDOWS_PER_PIECE) continue;
    reply({ passages: piece });
    piece = [];
    windows = 0;
  }
  reply({ passages: piece });
  reply({ done: { format, title } });
}

/** Of an unforeseen failure only the stack frames are passed on: its message might quote the document. */
function toError(error: unknown) {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  if (error instanceof RangeError)
    return { code: 'BAD_DOCUMENT' as const, message: 'The document nests too deep, or is too large to read.' };
  const frames = error instanceof Error ? error.stack?.split('\n').filter((line) => /^ +at /.test(line)) : undefined;
  return { code: 'INTERNAL' as const, message: 'Reading a document failed.', stack: frames?.join('\n') };
}

function joined(request: ParseRequest, pieces: (string | Uint8Array)[]): ParseRequest {
  if (pieces.length === 0) return request;
  if ('text' in request) return { ...request, text: [...pieces, request.text].join('') };
  return { ...request, bytes: Buffer.concat([...(pieces as Uint8Array[]), request.bytes]) };
}

let pieces: (string | Uint8Array)[] = [];
parentPort?.on('message', (message: ParseMessage) => {
  if ('piece' in message) {
    pieces.push(message.piece);
    return;
  }
  const request = joined(message.last, pieces);
  pieces = [];
  read(request).catch((error: unknown) => reply({ error: toError(error) }));
});
countTokens('any'); // reads the vocabulary now
reply({ ready: true });
