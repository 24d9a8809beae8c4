import { BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import { z } from 'zod';
import { asPiece, asSharedPiece, Composed, longText, piecesOf } from '../message-pieces.ts';
import { type Layout, outermost, type StepKind, Trail, type TrailPlace } from '../trail.ts';

const kinds = ['step', 'prompt', 'model', 'retriever', 'parser', 'other'] as const satisfies StepKind[];

/** One step of an ask as it happened: times in milliseconds, `startMs` from the ask's beginning, `depth` in the tree of steps. */
export const TraceStep = z.object({
  name: z.string(),
  kind: z.enum(kinds),
  depth: z.int().nonnegative(),
  startMs: z.number(),
  durationMs: z.number(),
  input: z.unknown(),
  output: z.unknown(),
  failed: z.boolean(),
});
export type TraceStep = z.infer<typeof TraceStep>;

/**
 * The steps of an ask as a record keeps them: columns, which are packed in half the time that an object for each step takes, and how the steps
 * stand to each other, which is one object for all asks that took the same course. Times are in hundredths of a millisecond: whole
 * numbers are packed in a third of the room. Long texts in what the steps were given and gave are objects (`String`), and a text made of pieces
 * tells them in its place: so a text that many steps and many asks saw is one thing, and packed once.
 */
export type TraceTable = {
  layout: Layout;
  starts: number[];
  durations: number[];
  inputs: unknown[];
  outputs: unknown[];
  /** The places of those that failed, in the layout's order. */
  failed: number[];
};

/** As an earlier version kept it, with a column for everything. */
export type EarlierTable = Pick<Layout, 'names' | 'kinds' | 'depths'> & {
  startsMs: number[];
  durationsMs: number[];
  inputs: unknown[];
  outputs: unknown[];
  failed: boolean[];
};

/**
 * The steps that a table holds, with their texts as they were.
 * @param read reads what came with the table, if anything did that its steps saw
 */
export function stepsOf(table: TraceTable | EarlierTable, read = readPlain()): TraceStep[] {
  const { names, kinds, depths } = 'layout' in table ? table.layout : table;
  const inMs = (hundredths: number[]) => hundredths.map((each) => each / 100);
  const startsMs = 'layout' in table ? inMs(table.starts) : table.startsMs;
  const durationsMs = 'layout' in table ? inMs(table.durations) : table.durationsMs;
  return names.map((name, at) => ({
    name,
    kind: kinds[at]!,
    depth: depths[at]!,
    startMs: startsMs[at]!,
    durationMs: durationsMs[at]!,
    input: read(table.inputs[at]),
    output: read(table.outputs[at]),
    failed: 'layout' in table ? table.failed.includes(at) : table.failed[at]!,
  }));
}

/** The trail of one ask: hand `root` in as `configurable.trail`, and every step is in it. */
export class AskTrail extends Trail {
  readonly root: TrailPlace = { trail: this, at: outermost };

  /** Every step so far, parents before their children, in the order in which they began. */
  steps(): TraceStep[] {
    return stepsOf(this.table());
  }

  /**
   * The same as a record keeps it.
   * @param told copies of what a record holds besides, so that it holds them once (`toPlain`)
   */
  table(told: Copies = new Map()): TraceTable {
    const { layout } = this.course;
    const { order } = layout;
    const within: object[] = [];
    return {
      layout,
      starts: order.map((at) => toHundredths(this.begun[at]! - this.beganAt)),
      durations: order.map((at) => toHundredths(this.#duration(at))),
      inputs: order.map((at) => toPlain(this.inputs[at], told, within)),
      outputs: order.map((at) => toPlain(this.outputs[at], told, within)),
      failed: this.failed.map((at) => order.indexOf(at)),
    };
  }

  /** How long the steps of this name took together, in milliseconds; one within another of the same name counts once. */
  durationMs(name: string): number {
    const { layout } = this.course;
    let sum = 0;
    for (let place = 0; place < layout.names.length; place += 1)
      if (layout.names[place] === name && !isWithin(layout, place, name)) sum += this.#duration(layout.order[place]!);
    return toHundredths(sum) / 100;
  }

  /** Of a step that still runs, until now. */
  #duration(at: number): number {
    const ended = this.ended[at]!;
    return (Number.isNaN(ended) ? performance.now() : ended) - this.begun[at]!;
  }

  /** What the chat models reported of their calls; no tokens, or what can be no number of them, count as none. */
  usage(): { promptTokens: number; completionTokens: number; modelCalls: number } {
    const { kinds, order } = this.course.layout;
    const usage = { promptTokens: 0, completionTokens: 0, modelCalls: 0 };
    for (let place = 0; place < kinds.length; place += 1) {
      if (kinds[place] !== 'model') continue;
      const output = this.outputs[order[place]!] as { usage_metadata?: Record<string, unknown> } | undefined;
      usage.modelCalls += 1;
      usage.promptTokens += toTokens(output?.usage_metadata?.input_tokens);
      usage.completionTokens += toTokens(output?.usage_metadata?.output_tokens);
    }
    return usage;
  }
}

const mostTokens = 100_000_000; // in one call; no model reads or writes so many
const toTokens = (told: unknown) =>
  typeof told === 'number' && Number.isInteger(told) && told >= 0 && told <= mostTokens ? told : 0;

function isWithin({ names, parents }: Layout, place: number, name: string): boolean {
  for (let above = parents[place]!; above !== outermost; above = parents[above]!)
    if (names[above] === name) return true;
  return false;
}

const toHundredths = (milliseconds: number) => Math.round(milliseconds * 100);

/** Plain copies so far, by what they are copies of. */
type Copies = Map<object | string, unknown>;

/** How deep a value is told, and what stands for what lies deeper, or for a value within itself. */
const deepest = 200;
const deeper = '(nested deeper)';

/**
 * A plain value of what a step was given or gave: messages as role and content, an index's inner matter left out; what is plain already is
 * not copied. A thing that several steps saw is one thing in the copies too, so that a record holds it once.
 * @param told the copies so far
 * @param within the values that this one lies in
 */
function toPlain(value: unknown, told: Copies, within: object[]): unknown {
  if (typeof value === 'string')
    return value.length < longText ? value : told.getOrInsertComputed(value, () => asPiece(value));
  // A step that failed has no output; JSON has no word for that but null.
  if (typeof value !== 'object' || value === null) return value ?? null;
  let copy = told.get(value);
  if (copy === undefined) {
    if (within.length > deepest || within.includes(value)) return deeper;
    within.push(value);
    copy = copyOf(value, told, within);
    within.pop();
    told.set(value, copy);
  }
  return copy;
}

/** In a copy, holds the pieces of a text in the place of the text. */
const piecesOfText = 'assay:pieces';

function copyOf(value: object, told: Copies, within: object[]): unknown {
  if (Array.isArray(value)) return elementsOf(value, told, within);
  if (Object.getPrototypeOf(value) === Object.prototype) return fieldsOf(shown(value), told, within);
  if (value instanceof String) return value;
  if (value instanceof Composed) return { [piecesOfText]: toPlain(value.pieces, told, within) };
  if (value instanceof BaseMessage) {
    const { type: role, content } = value;
    const pieces = piecesOf(value);
    if (pieces) return { role, [piecesOfText]: toPlain(pieces, told, within) };
    return { role, content: typeof content === 'string' ? content : toPlain(content, told, within) };
  }
  if ('toChatMessages' in value) return toPlain((value as BasePromptValueInterface).toChatMessages(), told, within);
  return fieldsOf(shown({ ...value }), told, within);
}

/** A passage without what concerns the index alone, its text as others hold it; what is no passage as it is. */
function shown(value: object): object {
  if (!('similarities' in value && 'windows' in value)) return value;
  const { windows, similarities, ...passage } = value;
  const text = 'text' in passage && passage.text;
  return typeof text === 'string' ? { ...passage, text: asSharedPiece(text) } : passage;
}

/** The array itself where all its elements are plain. */
function elementsOf(values: unknown[], told: Copies, within: object[]): unknown[] {
  let copy = values;
  for (let at = 0; at < values.length; at += 1) {
    const plain = toPlain(values[at], told, within);
    if (plain === values[at]) continue;
    if (copy === values) copy = values.slice();
    copy[at] = plain;
  }
  return copy;
}

/** The object itself where all its fields are plain. */
function fieldsOf(value: object, told: Copies, within: object[]): object {
  const fields = value as Record<string, unknown>;
  let copy = fields;
  for (const name in fields) {
    const field = fields[name];
    const plain = typeof field === 'function' ? undefined : toPlain(field, told, within);
    if (plain === field && typeof field !== 'function') continue;
    if (copy === fields) copy = { ...fields };
    if (typeof field === 'function') delete copy[name];
    else copy[name] = plain;
  }
  return copy;
}

/** Makes of copies what they were made of: texts, and messages with their content. */
export function readPlain() {
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

/** The pieces of the text that a copy stands for; an earlier version kept a message as its role and `pieces`. */
function piecesIn(copy: object): unknown[] | undefined {
  if (piecesOfText in copy) return copy[piecesOfText] as unknown[];
  const isEarlier = 'role' in copy && 'pieces' in copy && Object.keys(copy).length === 2;
  return isEarlier && Array.isArray(copy.pieces) ? copy.pieces : undefined;
}
