import { type AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { type Layout, outermost, type StepKind, Trail, type TrailPlace } from '../trail.ts';
import { type Copies, plainReader, toPlain } from './plain-copies.ts';

const kinds = ['step', 'prompt', 'model', 'retriever', 'parser', 'other'] as const satisfies StepKind[];

/**
 * One step of an ask as it happened: times in milliseconds, `startMs` from the ask's beginning, `depth` in the tree of
 * steps.
 */
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
 * The steps of an ask in the form that a record stores. Columns, because they are packed in half the time that one
 * object per step takes; `layout`, how the steps nest, is one object for all asks that took the same course. Times are
 * in hundredths of a millisecond, since whole numbers pack into a third of the space. A long text is an object
 * (`String`), and a text made of pieces is stored as its pieces, so a text that many steps and asks saw is one object
 * and is packed once.
 */
export type TraceTable = {
  layout: Layout;
  starts: number[];
  durations: number[];
  inputs: unknown[];
  outputs: unknown[];
  /** The places, in the order of the layout, of the steps that failed. */
  failed: number[];
};

/** A table as an earlier version stored it, with a column for everything. */
export type EarlierTable = Pick<Layout, 'names' | 'kinds' | 'depths'> & {
  startsMs: number[];
  durationsMs: number[];
  inputs: unknown[];
  outputs: unknown[];
  failed: boolean[];
};

/**
 * The steps that a table holds, with their texts restored.
 * @param read restores values; pass the reader of the whole record if its other parts share values with the steps
 */
export function stepsOf(table: TraceTable | EarlierTable, read = plainReader()): TraceStep[] {
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

/** The trail of one ask: pass `root` as `configurable.trail`, and every step is recorded in it. */
export class AskTrail extends Trail {
  readonly root: TrailPlace = { trail: this, at: outermost };

  /** Every step so far, parents before their children, in the order in which they began. */
  steps(): TraceStep[] {
    return stepsOf(this.table());
  }

  /**
   * The steps in the form that a record stores.
   * @param copies what the record holds besides, by what it is a copy of, so that it is stored once
   */
  table(copies: Copies = new Map()): TraceTable {
    const { layout } = this.course;
    const { order } = layout;
    const path: object[] = [];
    return {
      layout,
      starts: order.map((at) => toHundredths(this.begun[at]! - this.beganAt)),
      durations: order.map((at) => toHundredths(this.#duration(at))),
      inputs: order.map((at) => toPlain(this.inputs[at], copies, path)),
      outputs: order.map((at) => toPlain(this.outputs[at], copies, path)),
      failed: this.failed.map((at) => order.indexOf(at)),
    };
  }

  /**
   * How long the steps of this name took in total, in milliseconds; one nested in another of the same name is not
   * counted again.
   */
  durationMs(name: string): number {
    const { layout } = this.course;
    let sum = 0;
    for (let place = 0; place < layout.names.length; place += 1)
      if (layout.names[place] === name && !isWithin(layout, place, name)) sum += this.#duration(layout.order[place]!);
    return toHundredths(sum) / 100;
  }

  /** For a step that is still running, its time so far. */
  #duration(at: number): number {
    const ended = this.ended[at]!;
    return (Number.isNaN(ended) ? performance.now() : ended) - this.begun[at]!;
  }

  /** What the chat models reported of their calls; a missing or impossible number of tokens counts as 0. */
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

  /**
   * How many tokens the calls to chat models used: what the models reported, and an estimate where they report nothing
   * or the ask was broken off first. A call that failed used none.
   */
  tokens({ isBrokenOff }: { isBrokenOff: boolean }): number {
    const { kinds, order } = this.course.layout;
    let tokens = 0;
    for (const [place, kind] of kinds.entries()) {
      const at = order[place]!;
      const output = this.outputs[at] as AIMessageChunk | undefined;
      if (kind !== 'model' || (this.failed.includes(at) && !isBrokenOff)) continue;
      const told = output?.usage_metadata;
      if (told) tokens += toTokens(told.input_tokens) + toTokens(told.output_tokens);
      else tokens += estimateTokens(this.inputs[at]) + estimateTokens([output]);
    }
    return tokens;
  }
}

/** About how many tokens messages have: one for four bytes, as OpenAI reckons for English. */
function estimateTokens(messages: unknown): number {
  if (!Array.isArray(messages)) return 0;
  const bytes = messages.map((message: unknown) =>
    BaseMessage.isInstance(message) ? Buffer.byteLength(message.text) : 0,
  );
  return Math.ceil(bytes.reduce((sum, each) => sum + each, 0) / 4);
}

const mostTokens = 100_000_000; // in one call; no model reads or writes that many
const toTokens = (told: unknown) =>
  typeof told === 'number' && Number.isInteger(told) && told >= 0 && told <= mostTokens ? told : 0;

function isWithin({ names, parents }: Layout, place: number, name: string): boolean {
  for (let above = parents[place]!; above !== outermost; above = parents[above]!)
    if (names[above] === name) return true;
  return false;
}

const toHundredths = (milliseconds: number) => Math.round(milliseconds * 100);
