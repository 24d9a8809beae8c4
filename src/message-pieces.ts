import type { BaseMessage } from '@langchain/core/messages';

/** A piece of a message: a text, or an object (`String`) that stands for a long one that comes again, in other messages or for every ask. */
export type Piece = string | object;
const pieces = Symbol('pieces');
type Pieced = BaseMessage & { [pieces]?: Piece[] };

/** A text from this length on, in UTF-16 code units, is worth an object that stands for it wherever it comes again. */
export const longText = 200;

/** A text that the same object stands for from now on, if it is long: whoever packs or escapes it does so once. */
export const asPiece = (text: string): Piece => (text.length < longText ? text : Object(text));

/** The text that a piece stands for. */
export const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : (piece.valueOf() as string));

/** Has a message remember what its text was made of; whoever changes the text afterwards must make a new message. */
export function madeOf<Message extends BaseMessage>(message: Message, from: Piece[]): Message {
  (message as Pieced)[pieces] = from;
  return message;
}

/** What the message's text was made of, in order, if it remembers. */
export const piecesOf = (message: BaseMessage): Piece[] | undefined => (message as Pieced)[pieces];

const escaped = new WeakMap<object, string>();

/** The JSON of the text that pieces make. What an object stands for is escaped once, as long as the object is there. */
export function jsonOf(made: Piece[]): string {
  let json = '"';
  for (const piece of made)
    json += typeof piece === 'string' ? toJson(piece) : escaped.getOrInsertComputed(piece, () => toJson(textOf(piece)));
  return `${json}"`;
}

/** As JSON has it, without the quotation marks. */
const toJson = (text: string) => JSON.stringify(text).slice(1, -1);
