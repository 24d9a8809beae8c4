import type { BaseMessage } from '@langchain/core/messages';
import { remembering } from './recent.ts';

/** A piece of a message: a text, or an object that stands for one: a long one that comes again (`String`), or one made of pieces (`Composed`). */
export type Piece = string | object;
const pieces = Symbol('pieces');
type Pieced = BaseMessage & { [pieces]?: Piece[] };

/** A text that is held as the pieces it is made of, as a context is of passages. */
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

/** A text from this length on, in UTF-16 code units, is worth an object that stands for it wherever it comes again. */
export const longText = 200;

/** A text that the same object stands for from now on, if it is long: whoever packs or escapes it does so once. */
export const asPiece = (text: string): Piece => (text.length < longText ? text : Object(text));

/** Longer texts are not remembered: they would be many bytes for good. */
const mostShared = 8_000;

/** A piece that is made once of a text that comes again in other asks, as passages do: the same object each time, as long as it is remembered. */
export function sharing(make: (text: string) => Piece): (text: string) => Piece {
  const remembered = remembering(2_000, make);
  return (text) => (text.length > mostShared ? make(text) : remembered(text));
}

const sharedPiece = sharing(asPiece);

/** The same as `asPiece` for a text that comes again in other asks. */
export const asSharedPiece = (text: string): Piece => (text.length < longText ? text : sharedPiece(text));

/** The text that a piece stands for. */
export const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : String(piece));

/** Has a message remember what its text was made of; whoever changes the text afterwards must make a new message. */
export function madeOf<Message extends BaseMessage>(message: Message, from: Piece[]): Message {
  (message as Pieced)[pieces] = from;
  return message;
}

/** What the message's text was made of, in order, if it remembers. */
export const piecesOf = (message: BaseMessage): Piece[] | undefined => (message as Pieced)[pieces];

const escaped = new WeakMap<object, string>();

/** The JSON of the text that pieces make. What an object stands for is escaped once, as long as the object is there. */
export const jsonOf = (made: Piece[]): string => `"${escapedTogether(made)}"`;

function escapedTogether(made: Piece[]): string {
  let json = '';
  for (const piece of made)
    if (typeof piece === 'string') json += toJson(piece);
    else if (piece instanceof Composed) json += escapedTogether(piece.pieces);
    else json += escaped.getOrInsertComputed(piece, () => toJson(textOf(piece)));
  return json;
}

/** As JSON has it, without the quotation marks. */
const toJson = (text: string) => JSON.stringify(text).slice(1, -1);
