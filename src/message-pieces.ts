import type { BaseMessage } from '@langchain/core/messages';
import { remembering } from './recent.ts';

/**
 * A piece of a message: a text, or an object that stands for one. A `String` is a long text that comes again, a
 * `Composed` a text made of pieces.
 */
export type Piece = string | object;
const pieces = Symbol('pieces');
type Pieced = BaseMessage & { [pieces]?: Piece[] };

/** A text that is kept as its pieces, as a context is kept as passages. */
export class Composed {
  readonly pieces: Piece[];

  constructor(from: Piece[]) {
    this.pieces = from;
  }

  toString(): string {
    return this.pieces.reduce<string>((text, piece) => text + textOf(piece), '');
  }

  toJSON(): string {
    return this.toString();
  }
}

/** From this length on, in UTF-16 code units, a text that may come again gets an object to stand for it. */
export const longText = 200;

/** A piece for a text. A long text gets an object, so that whoever packs or escapes it does so once. */
export const asPiece = (text: string): Piece => (text.length < longText ? text : Object(text));

/** Longer texts, in UTF-16 code units, are not remembered: they would hold memory for good. */
const mostShared = 8_000;

/**
 * Makes a piece once for a text that comes again in other asks, as passages do: the same object each time, for as long
 * as it is remembered.
 */
export function sharing(make: (text: string) => Piece): (text: string) => Piece {
  const remembered = remembering(2_000, make);
  return (text) => (text.length > mostShared ? make(text) : remembered(text));
}

const sharedPiece = sharing(asPiece);

/** As `asPiece`, for a text that comes again in other asks: the same object each time. */
export const asSharedPiece = (text: string): Piece => (text.length < longText ? text : sharedPiece(text));

/** The text that a piece stands for. */
export const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : String(piece));

/** Has a message keep the pieces of its text; to change the text afterwards, make a new message. */
export function withPieces<Message extends BaseMessage>(message: Message, from: Piece[]): Message {
  (message as Pieced)[pieces] = from;
  return message;
}

/** The pieces that the message's text was made of, in order, if it has them. */
export const piecesOf = (message: BaseMessage): Piece[] | undefined => (message as Pieced)[pieces];

const escaped = new WeakMap<object, string>();

/**
 * The JSON of the text that the pieces make. What an object stands for is escaped once, for as long as the object
 * lives.
 */
export const jsonOf = (made: Piece[]): string => `"${escapedTogether(made)}"`;

function escapedTogether(made: Piece[]): string {
  let json = '';
  for (const piece of made)
    if (typeof piece === 'string') json += toJson(piece);
    else if (piece instanceof Composed) json += escapedTogether(piece.pieces);
    else json += escaped.getOrInsertComputed(piece, () => toJson(textOf(piece)));
  return json;
}

/** A text as JSON, without the quotation marks. */
const toJson = (text: string) => JSON.stringify(text).slice(1, -1);
