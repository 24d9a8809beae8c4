import { BaseMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { newEntry, type StepKind, type TrailEntry } from '../trail.ts';

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

/** The steps of an ask as columns: to pack these takes half as long as to pack an object for each step. */
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

/** The steps that a table holds. */
export const stepsOf = (table: TraceTable): TraceStep[] =>
  table.names.map((name, at) => ({
    name,
    kind: table.kinds[at]!,
    depth: table.depths[at]!,
    startMs: table.startsMs[at]!,
    durationMs: table.durationsMs[at]!,
    input: table.inputs[at],
    output: table.outputs[at],
    failed: table.failed[at]!,
  }));

/** The trail of one ask: hand `root` in as `configurable.trail`, and every step is in it. */
export class AskTrail {
  readonly root: TrailEntry = newEntry('ask', 'step', undefined);
  readonly #toPlain = plainCopies();

  /** What steps were given or gave as a reply shows it. It is the trace's own copy, so that a record holds it once. */
  plain<Shown>(value: object): Shown {
    return this.#toPlain(value) as Shown;
  }

  /** Every step so far, parents before their children, in the order in which they began. */
  steps(): TraceStep[] {
    return stepsOf(this.table());
  }

  /** The same as a record keeps it. */
  table(): TraceTable {
    const table: TraceTable = {
      names: [],
      kinds: [],
      depths: [],
      startsMs: [],
      durationsMs: [],
      inputs: [],
      outputs: [],
      failed: [],
    };
    const visit = (entry: TrailEntry, depth: number) => {
      table.names.push(entry.name);
      table.kinds.push(entry.kind);
      table.depths.push(depth);
      table.startsMs.push(rounded(entry.begun - this.root.begun));
      table.durationsMs.push(rounded(durationOf(entry)));
      table.inputs.push(this.#toPlain(entry.input));
      table.outputs.push(this.#toPlain(entry.output));
      table.failed.push(entry.failed);
      for (const each of entry.within) visit(each, depth + 1);
    };
    for (const each of this.root.within) visit(each, 0);
    return table;
  }

  /** How long the steps of this name took together, in milliseconds; one within another of the same name counts once. */
  durationMs(name: string): number {
    const total = (entries: TrailEntry[]): number =>
      entries.reduce((sum, entry) => sum + (entry.name === name ? durationOf(entry) : total(entry.within)), 0);
    return rounded(total(this.root.within));
  }

  /** What the chat models reported of their calls; a server that reports no tokens counts none. */
  usage(): { promptTokens: number; completionTokens: number; modelCalls: number } {
    const usage = { promptTokens: 0, completionTokens: 0, modelCalls: 0 };
    const visit = ({ kind, output, within }: TrailEntry) => {
      if (kind === 'model') {
        const told = (output as { usage_metadata?: Record<string, unknown> } | undefined)?.usage_metadata;
        usage.modelCalls += 1;
        usage.promptTokens += Number(told?.input_tokens) || 0;
        usage.completionTokens += Number(told?.output_tokens) || 0;
      }
      within.forEach(visit);
    };
    this.root.within.forEach(visit);
    return usage;
  }
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 100) / 100;
const durationOf = ({ begun, ended }: TrailEntry) => (ended ?? performance.now()) - begun;

/**
 * Makes plain values of what steps were given and gave: messages as role and content, windows (an index's inner matter) left out.
 * A thing that several steps saw is one thing in the copies too, so that a record holds it once.
 */
function plainCopies() {
  const copies = new Map<object, unknown>();
  return function toPlain(value: unknown): unknown {
    // A step that failed has no output; JSON has no word for that but null.
    if (typeof value !== 'object' || value === null) return value ?? null;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = copyOf(value, toPlain);
    copies.set(value, copy);
    return copy;
  };
}

function copyOf(value: object, toPlain: (value: unknown) => unknown): unknown {
  if (value instanceof BaseMessage) return { role: value.type, content: value.content };
  if (Array.isArray(value)) return value.map(toPlain);
  if ('toChatMessages' in value) return toPlain((value as { toChatMessages: () => BaseMessage[] }).toChatMessages());
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value))
    if (name !== 'windows' && typeof field !== 'function') copy[name] = toPlain(field);
  return copy;
}
