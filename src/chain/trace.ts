import { BaseMessage } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import { z } from 'zod';
import { asPiece, longText, piecesOf } from '../message-pieces.ts';
import { outermost, type StepKind, Trail, type TrailPlace } from '../trail.ts';

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
 * The steps of an ask as a record keeps them: columns, which are packed in half the time that an object for each step takes. Long
 * texts in what the steps were given and gave are objects (`String`), and a message made of pieces tells them in place of its content:
 * so a text that many steps and many asks saw is one thing, and packed once.
 */
export type TraceTable = {
  names: string[];
  kinds: StepKind[];
  depths: number[];
  startsMs: number[];
  durationsMs: number[];
  inputs: unknown[];
  outputs: unknown[];
  failed: boolean[];
};

/** The steps that a table holds, with their texts as they were. */
export function stepsOf(table: TraceTable): TraceStep[] {
  const read = readPlain();
  return table.names.map((name, at) => ({
    name,
    kind: table.kinds[at]!,
    depth: table.depths[at]!,
    startMs: table.startsMs[at]!,
    durationMs: table.durationsMs[at]!,
    input: read(table.inputs[at]),
    output: read(table.outputs[at]),
    failed: table.failed[at]!,
  }));
}

/** The trail of one ask: hand `root` in as `configurable.trail`, and every step is in it. */
export class AskTrail extends Trail {
  readonly root: TrailPlace = { trail: this, at: outermost };
  #seen: object | undefined;
  #told: unknown;

  /** Has the trace tell `told` where steps saw `seen`: what a reply shows of it, so that a record holds it once. */
  tellsOf(seen: object, told: object): void {
    this.#seen = seen;
    this.#told = told;
  }

  /** Every step so far, parents before their children, in the order in which they began. */
  steps(): TraceStep[] {
    return stepsOf(this.table());
  }

  /** The same as a record keeps it. */
  table(): TraceTable {
    const order: number[] = [];
    const depths: number[] = [];
    const visit = (parent: number, depth: number) => {
      for (let at = parent + 1; at < this.parents.length; at += 1) {
        if (this.parents[at] !== parent) continue;
        order.push(at);
        depths.push(depth);
        visit(at, depth + 1);
      }
    };
    visit(outermost, 0);
    const told = new Map<object | string, unknown>();
    if (this.#seen) told.set(this.#seen, this.#told);
    return {
      names: order.map((at) => this.names[at]!),
      kinds: order.map((at) => this.kinds[at]!),
      depths,
      startsMs: order.map((at) => rounded(this.begun[at]! - this.beganAt)),
      durationsMs: order.map((at) => rounded(this.#duration(at))),
      inputs: order.map((at) => toPlain(this.inputs[at], told)),
      outputs: order.map((at) => toPlain(this.outputs[at], told)),
      failed: order.map((at) => this.failed.includes(at)),
    };
  }

  /** How long the steps of this name took together, in milliseconds; one within another of the same name counts once. */
  durationMs(name: string): number {
    let sum = 0;
    for (let at = 0; at < this.names.length; at += 1)
      if (this.names[at] === name && !this.#isWithin(at, name)) sum += this.#duration(at);
    return rounded(sum);
  }

  #isWithin(at: number, name: string): boolean {
    for (let above = this.parents[at]!; above !== outermost; above = this.parents[above]!)
      if (this.names[above] === name) return true;
    return false;
  }

  /** Of a step that still runs, until now. */
  #duration(at: number): number {
    const ended = this.ended[at]!;
    return (Number.isNaN(ended) ? performance.now() : ended) - this.begun[at]!;
  }

  /** What the chat models reported of their calls; a server that reports no tokens counts none. */
  usage(): { promptTokens: number; completionTokens: number; modelCalls: number } {
    const usage = { promptTokens: 0, completionTokens: 0, modelCalls: 0 };
    for (const [at, kind] of this.kinds.entries()) {
      if (kind !== 'model') continue;
      const told = (this.outputs[at] as { usage_metadata?: Record<string, unknown> } | undefined)?.usage_metadata;
      usage.modelCalls += 1;
      usage.promptTokens += Number(told?.input_tokens) || 0;
      usage.completionTokens += Number(told?.output_tokens) || 0;
    }
    return usage;
  }
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 100) / 100;

/**
 * A plain value of what a step was given or gave: messages as role and content, an index's inner matter left out. A thing that
 * several steps saw is one thing in the copies too, so that a record holds it once.
 * @param told the copies so far
 */
function toPlain(value: unknown, told: Map<object | string, unknown>): unknown {
  if (typeof value === 'string')
    return value.length < longText ? value : told.getOrInsertComputed(value, () => asPiece(value));
  // A step that failed has no output; JSON has no word for that but null.
  if (typeof value !== 'object' || value === null) return value ?? null;
  let copy = told.get(value);
  if (copy === undefined) {
    copy = copyOf(value, told);
    told.set(value, copy);
  }
  return copy;
}

function copyOf(value: object, told: Map<object | string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((each) => toPlain(each, told));
  if (Object.getPrototypeOf(value) === Object.prototype) return fieldsOf(value, told);
  if (value instanceof String) return value;
  if (value instanceof BaseMessage) {
    const { type: role, content } = value;
    const pieces = piecesOf(value);
    return pieces ? { role, pieces: toPlain(pieces, told) } : { role, content };
  }
  if ('toChatMessages' in value) return toPlain((value as BasePromptValueInterface).toChatMessages(), told);
  return fieldsOf(value, told);
}

/** What of a passage concerns the index alone. */
const innerMatter = new Set(['windows', 'similarities']);

function fieldsOf(value: object, told: Map<object | string, unknown>) {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name];
    if (!innerMatter.has(name) && typeof field !== 'function') copy[name] = toPlain(field, told);
  }
  return copy;
}

/** Makes of copies what they were made of: texts, and messages with their content. */
function readPlain() {
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
  if ('role' in copy && 'pieces' in copy)
    return { role: copy.role, content: (copy.pieces as unknown[]).map(read).join('') };
  return Object.fromEntries(Object.entries(copy).map(([name, value]) => [name, read(value)]));
}
