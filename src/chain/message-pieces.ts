import type { BaseMessage } from '@langchain/core/messages';

/** A piece of a message: a text, or the object (`String`) that stands for a long one that is the same for every ask. */
export type Piece = string | object;
const pieces = Symbol('pieces');
type Pieced = BaseMessage & { [pieces]?: Piece[] };

/** A text from this length on, in UTF-16 code units, is worth an object that stands for it wherever it comes again. */
export const longText = 200;

/** A text that the same object stands for from now on, if it is long: whoever packs it packs it once. */
export const asPiece = (text: string): Piece => (text.length < longText ? text : Object(text));

/** Has a message remember what its text was made of. */
export function madeOf<Message extends BaseMessage>(message: Message, from: Piece[]): Message {
  (message as Pieced)[pieces] = from;
  return message;
}

/** What the message's text was made of, in order, if it remembers. */
export const piecesOf = (message: BaseMessage): Piece[] | undefined => (message as Pieced)[pieces];
