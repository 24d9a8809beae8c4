import { BaseMessage } from '@langchain/core/messages';
import { BaseTracer, type Run } from '@langchain/core/tracers/base';
import { z } from 'zod';

/** One step of an ask as it happened: times in milliseconds, `startMs` from the ask's beginning, `depth` in the tree of steps. */
export const TraceStep = z.object({
  name: z.string(),
  kind: z.enum(['step', 'prompt', 'model', 'retriever', 'parser', 'other']),
  depth: z.int().nonnegative(),
  startMs: z.number(),
  durationMs: z.number(),
  input: z.unknown(),
  output: z.unknown(),
  failed: z.boolean(),
});
export type TraceStep = z.infer<typeof TraceStep>;

const kinds: Record<string, TraceStep['kind']> = {
  chain: 'step',
  prompt: 'prompt',
  llm: 'model',
  chat_model: 'model',
  retriever: 'retriever',
  parser: 'parser',
};

/**
 * Listens, by LangChain's callbacks, to every step of one ask. Make one for each ask and hand it in with the config's
 * `callbacks`.
 */
export class AskTracer extends BaseTracer {
  override name = 'ask tracer';
  readonly #roots: Run[] = [];
  readonly #begun = Date.now();

  protected override persistRun(): Promise<void> {
    return Promise.resolve();
  }

  override onRunCreate(run: Run) {
    if (!run.parent_run_id) this.#roots.push(run);
  }

  /** Every step so far, parents before their children, in the order in which they began. */
  steps(): TraceStep[] {
    return this.#flat().map(({ run, depth }) => ({
      name: run.name,
      kind: kinds[run.run_type] ?? 'other',
      depth,
      startMs: run.start_time - this.#begun,
      durationMs: durationOf(run),
      input: toPlain(run.inputs),
      output: toPlain(run.outputs),
      failed: run.error !== undefined,
    }));
  }

  /** How long the steps of this name took together, in milliseconds; one within another of the same name counts once. */
  durationMs(name: string): number {
    const total = (runs: Run[]): number =>
      runs.reduce((sum, run) => sum + (run.name === name ? durationOf(run) : total(run.child_runs)), 0);
    return total(this.#roots);
  }

  /** What the chat models reported of their calls; a server that reports no tokens counts none. */
  usage(): { promptTokens: number; completionTokens: number; modelCalls: number } {
    const calls = this.#flat().filter(({ run }) => kinds[run.run_type] === 'model');
    const usages = calls.map(({ run }) => run.outputs?.generations?.[0]?.[0]?.message?.usage_metadata);
    const sum = (field: string) => usages.reduce((total, usage) => total + (Number(usage?.[field]) || 0), 0);
    return { promptTokens: sum('input_tokens'), completionTokens: sum('output_tokens'), modelCalls: calls.length };
  }

  #flat() {
    const flat: { run: Run; depth: number }[] = [];
    const visit = (run: Run, depth: number) => {
      flat.push({ run, depth });
      for (const child of [...run.child_runs].sort((one, other) => one.execution_order - other.execution_order))
        visit(child, depth + 1);
    };
    for (const root of this.#roots) visit(root, 0);
    return flat;
  }
}

const durationOf = (run: Run) => Math.max(0, (run.end_time ?? Date.now()) - run.start_time);

/** A value as plain JSON: messages as role and content, windows (an index's inner matter) left out. */
function toPlain(value: unknown): unknown {
  if (value instanceof BaseMessage) return { role: value.type, content: value.content };
  if (Array.isArray(value)) return value.map(toPlain);
  // A step that failed has no output; JSON has no word for that but null.
  if (typeof value !== 'object' || value === null) return value ?? null;
  if ('toChatMessages' in value)
    return (value as { toChatMessages: () => BaseMessage[] }).toChatMessages().map(toPlain);
  const fields = Object.entries(value).filter(([name, field]) => name !== 'windows' && typeof field !== 'function');
  return Object.fromEntries(fields.map(([name, field]) => [name, toPlain(field)]));
}
