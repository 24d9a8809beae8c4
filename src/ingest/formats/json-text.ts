import { AppError } from '../../errors.ts';
import { type Field, LONGEST_LINE, type RecordText } from './record-text.ts';

/** How deep arrays and objects may nest. */
const DEEPEST = 256;
/** Longer paths (UTF-16 code units) keep their end: the names nearest to the value say most. */
const LONGEST_PATH = 200;
const SCALAR = /[^\s,\]}]+/y;

type Container = {
  isArray: boolean;
  path: string;
  isElement: boolean;
  /** The name of the next value, in an object. */
  key: string;
  /** Scalars that haven't been written yet, and their length. */
  fields: Field[];
  length: number;
  holdsContainers: boolean;
};

/**
 * Writes a JSON value as records: the scalars of an object form one, after the path of names that leads to it; those of an array are
 * listed. Keys, duplicates and numbers are taken from the source, since `JSON.parse` would reorder, drop and round them; it only checks
 * the source beforehand. Not recursive.
 * @throws {AppError} `BAD_DOCUMENT` where the source isn't JSON, with the message `whatIsWrong` (the engine's own quotes the text), or
 * nests too deep
 */
export function writeJson(source: string, records: RecordText, whatIsWrong: string): void {
  assertJson(source, whatIsWrong);
  const open: Container[] = [];
  for (let at = 0; at < source.length; ) {
    const character = source[at]!;
    const inner = open.at(-1);
    if (character === '"') {
      const end = stringEnd(source, at);
      const value = JSON.parse(source.slice(at, end)) as string;
      const isKey = inner && !inner.isArray && source[skipSpace(source, end)] === ':';
      if (inner && isKey) inner.key = value;
      else addScalar(inner, value === '' ? '""' : value);
      at = end;
    } else if (character === '{' || character === '[') {
      const next = skipSpace(source, at + 1);
      const empty = character + source.charAt(next);
      const isEmpty = empty === '{}' || empty === '[]';
      if (isEmpty) addScalar(inner, empty);
      else open.push(opened(inner, character === '['));
      if (open.length > DEEPEST) throw new AppError('BAD_DOCUMENT', `The JSON nests more than ${DEEPEST} deep.`);
      at = isEmpty ? next + 1 : next;
    } else if (character === '}' || character === ']') {
      closeLast();
      at++;
    } else if (character === ',' || character === ':' || /\s/.test(character)) at++;
    else {
      SCALAR.lastIndex = at;
      const [scalar] = SCALAR.exec(source)!;
      addScalar(inner, scalar);
      at += scalar.length;
    }
  }

  function addScalar(inner: Container | undefined, value: string): void {
    if (!inner) {
      records.add([{ name: '', value }]);
      return;
    }
    if (inner.isArray && inner.length + value.length > LONGEST_LINE - inner.path.length - 2) flush(inner);
    inner.fields.push({ name: inner.isArray ? '' : inner.key, value });
    inner.length += value.length + 2;
  }

  function opened(inner: Container | undefined, isArray: boolean): Container {
    if (inner) {
      // An element that takes more than a line is set apart from its neighbours.
      if (inner.isElement && !inner.isArray && !inner.holdsContainers) records.gap();
      inner.holdsContainers = true;
      flush(inner);
    }
    const path = !inner ? '' : inner.isArray ? inner.path : pathTo(inner.path, inner.key);
    const isElement = inner?.isArray ?? true;
    return { isArray, path, isElement, key: '', fields: [], length: 0, holdsContainers: false };
  }

  function closeLast(): void {
    const container = open.pop()!;
    flush(container);
    if (container.isElement && !container.isArray && container.holdsContainers) records.gap();
  }

  function flush(container: Container): void {
    records.add(container.fields, container.path);
    container.fields = [];
    container.length = 0;
  }
}

function assertJson(source: string, whatIsWrong: string): void {
  try {
    JSON.parse(source);
  } catch {
    throw new AppError('BAD_DOCUMENT', whatIsWrong);
  }
}

/** The end of the string that begins at `start`. */
function stringEnd(source: string, start: number): number {
  for (let end = source.indexOf('"', start + 1); ; end = source.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (source[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function skipSpace(source: string, from: number): number {
  let at = from;
  while (/\s/.test(source.charAt(at))) at++;
  return at;
}

function pathTo(path: string, key: string): string {
  const name = key.replace(/\s+/g, ' ').trim();
  const whole = path === '' ? name : `${path}.${name}`;
  return whole.length <= LONGEST_PATH ? whole : `…${whole.slice(1 - LONGEST_PATH)}`;
}
