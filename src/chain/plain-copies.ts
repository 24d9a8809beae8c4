import { BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import { asPiece, asSharedPiece, Composed, longText, piecesOf } from '../message-pieces.ts';

/** Plain copies made so far, by their originals. */
export type Copies = Map<object | string, unknown>;

/** How deep a value is copied, and what stands for anything deeper, or for a value nested in itself. */
const deepest = 200;
const tooDeep = '(nested deeper)';

/**
 * A step's input or output as plain data: messages become role and content, and what concerns the index alone is left
 * out. What is plain already is not copied, and a value that several steps saw is copied once, so that a record stores
 * it once.
 * @param copies made so far
 * @param path the values that this one is nested in
 */
export function toPlain(value: unknown, copies: Copies, path: object[]): unknown {
  if (typeof value === 'string')
    return value.length < longText ? value : copies.getOrInsertComputed(value, () => asPiece(value));
  // A failed step has no output, which in JSON is null.
  if (typeof value !== 'object' || value === null) return value ?? null;
  let copy = copies.get(value);
  if (copy === undefined) {
    if (path.length > deepest || path.includes(value)) return tooDeep;
    path.push(value);
    copy = copyOf(value, copies, path);
    path.pop();
    copies.set(value, copy);
  }
  return copy;
}

/** The field of a copy that holds the pieces of a text in place of the text. */
const piecesOfText = 'assay:pieces';

function copyOf(value: object, copies: Copies, path: object[]): unknown {
  if (Array.isArray(value)) return elementsOf(value, copies, path);
  if (Object.getPrototypeOf(value) === Object.prototype) return fieldsOf(shown(value), copies, path);
  if (value instanceof String) return value;
  if (value instanceof Composed) return { [piecesOfText]: toPlain(value.pieces, copies, path) };
  if (value instanceof BaseMessage) {
    const { type: role, content } = value;
    const pieces = piecesOf(value);
    if (pieces) return { role, [piecesOfText]: toPlain(pieces, copies, path) };
    return { role, content: typeof content === 'string' ? content : toPlain(content, copies, path) };
  }
  if ('toChatMessages' in value) return toPlain((value as BasePromptValueInterface).toChatMessages(), copies, path);
  return fieldsOf(shown({ ...value }), copies, path);
}

/** A passage without its windows and similarities, its text shared with other records; anything else unchanged. */
function shown(value: object): object {
  if (!('similarities' in value && 'windows' in value)) return value;
  const { windows, similarities, ...passage } = value;
  const text = 'text' in passage && passage.text;
  return typeof text === 'string' ? { ...passage, text: asSharedPiece(text) } : passage;
}

/** The array itself if all its elements are plain, else a copy. */
function elementsOf(values: unknown[], copies: Copies, path: object[]): unknown[] {
  let copy = values;
  for (let at = 0; at < values.length; at += 1) {
    const plain = toPlain(values[at], copies, path);
    if (plain === values[at]) continue;
    if (copy === values) copy = values.slice();
    copy[at] = plain;
  }
  return copy;
}

/** The object itself if all its fields are plain, else a copy; functions are dropped. */
function fieldsOf(value: object, copies: Copies, path: object[]): object {
  const fields = value as Record<string, unknown>;
  let copy = fields;
  for (const name in fields) {
    const field = fields[name];
    const plain = typeof field === 'function' ? undefined : toPlain(field, copies, path);
    if (plain === field && typeof field !== 'function') continue;
    if (copy === fields) copy = { ...fields };
    if (typeof field === 'function') delete copy[name];
    else copy[name] = plain;
  }
  return copy;
}

/** Returns a function that restores texts and messages from their copies, and each shared copy only once. */
export function plainReader() {
  const known = new Map<object, unknown>();
  return function read(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof String) return value.valueOf();
    let original = known.get(value);
    if (original === undefined) {
      original = originalOf(value, read);
      known.set(value, original);
    }
    return original;
  };
}

function originalOf(copy: object, read: (value: unknown) => unknown): unknown {
  if (Array.isArray(copy)) return copy.map(read);
  const pieces = piecesIn(copy);
  if (pieces) {
    const text = pieces.map(read).join('');
    return 'role' in copy ? { role: copy.role, content: text } : text;
  }
  return Object.fromEntries(Object.entries(copy).map(([name, value]) => [name, read(value)]));
}

/**
 * The pieces of the text that a copy stands for, if it stands for one; an earlier version stored a message as its role
 * and `pieces`.
 */
function piecesIn(copy: object): unknown[] | undefined {
  if (piecesOfText in copy) return copy[piecesOfText] as unknown[];
  const isEarlier = 'role' in copy && 'pieces' in copy && Object.keys(copy).length === 2;
  return isEarlier && Array.isArray(copy.pieces) ? copy.pieces : undefined;
}
