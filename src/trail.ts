/** What a step is: LangChain's kinds of runs, by the names that a trace shows. */
export type StepKind = 'step' | 'prompt' | 'model' | 'retriever' | 'parser' | 'other';

/** A step of an ask while it runs and after: times by `performance.now()`, and the steps within it in the order they began. */
export type TrailEntry = {
  name: string;
  kind: StepKind;
  input: unknown;
  output: unknown;
  begun: number;
  ended: number | null;
  failed: boolean;
  within: TrailEntry[];
};

/** What a runnable's config holds for us: the entry that its steps belong under. */
type Trailed = { configurable?: Record<string, unknown> | undefined };

export function newEntry(name: string, kind: StepKind, input: unknown): TrailEntry {
  return { name, kind, input, output: undefined, begun: performance.now(), ended: null, failed: false, within: [] };
}

/**
 * Does the work of a step, and where an ask keeps a trail (`configurable.trail`) records it there: a few fields for each step, in
 * place of the run tree that LangChain's tracers build. Steps that the work calls with the config it is given come within.
 */
export function recorded<Config extends Trailed, Output>(
  config: Config,
  name: string,
  kind: StepKind,
  input: unknown,
  work: (config: Config) => Output | Promise<Output>,
): Promise<Output> {
  const above = config.configurable?.trail as TrailEntry | undefined;
  return above ? follow(above, config, newEntry(name, kind, input), work) : Promise.try(work, config);
}

async function follow<Config extends Trailed, Output>(
  above: TrailEntry,
  config: Config,
  entry: TrailEntry,
  work: (config: Config) => Output | Promise<Output>,
): Promise<Output> {
  above.within.push(entry);
  try {
    const output = await work({ ...config, configurable: { ...config.configurable, trail: entry } });
    entry.output = output;
    return output;
  } catch (error) {
    entry.failed = true;
    throw error;
  } finally {
    entry.ended = performance.now();
  }
}
