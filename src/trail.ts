/** What a step is: LangChain's kinds of runs, by the names that a trace shows. */
export type StepKind = 'step' | 'prompt' | 'model' | 'retriever' | 'parser' | 'other';

/**
 * The steps of an ask while it runs and after, in the order they began. They are columns, since an ask's steps outlive it until its record
 * is packed: an object for each, with its times and its list of steps within, is several times as much for the garbage collector to
 * follow and to move.
 */
export class Trail {
  /** Times are by `performance.now()`. */
  readonly beganAt = performance.now();
  readonly names: string[] = [];
  readonly kinds: StepKind[] = [];
  /** The step that each is within, by its place in the columns; `outermost` where it is in none. */
  readonly parents: number[] = [];
  readonly inputs: unknown[] = [];
  readonly outputs: unknown[] = [];
  readonly begun: number[] = [];
  /** Not a number while a step runs. */
  readonly ended: number[] = [];
  /** The places of those that failed. */
  readonly failed: number[] = [];

  /** Adds a step that begins now. */
  begin(name: string, kind: StepKind, input: unknown, parent: number): number {
    this.kinds.push(kind);
    this.parents.push(parent);
    this.inputs.push(input);
    this.outputs.push(undefined);
    this.begun.push(performance.now());
    this.ended.push(Number.NaN);
    return this.names.push(name) - 1;
  }
}

/** The `parent` of a step that is within no other. */
export const outermost = -1;

/** Where in a trail the steps belong that are called with a config: within the step `at`. */
export type TrailPlace = { trail: Trail; at: number };

/** What a runnable's config holds for us: the place that its steps belong under. */
type Trailed = { configurable?: Record<string, unknown> | undefined };

/**
 * Does the work of a step, and where an ask keeps a trail (`configurable.trail`) records it there: a few values for each step, in
 * place of the run tree that LangChain's tracers build. Steps that the work calls with the config it is given come within.
 */
export function recorded<Config extends Trailed, Output>(
  config: Config,
  name: string,
  kind: StepKind,
  input: unknown,
  work: (config: Config) => Output | Promise<Output>,
): Promise<Output> {
  const above = config.configurable?.trail as TrailPlace | undefined;
  return above
    ? follow(above.trail, config, above.trail.begin(name, kind, input, above.at), work)
    : Promise.try(work, config);
}

async function follow<Config extends Trailed, Output>(
  trail: Trail,
  config: Config,
  at: number,
  work: (config: Config) => Output | Promise<Output>,
): Promise<Output> {
  try {
    const output = await work({ ...config, configurable: { ...config.configurable, trail: { trail, at } } });
    trail.outputs[at] = output;
    return output;
  } catch (error) {
    trail.failed.push(at);
    throw error;
  } finally {
    trail.ended[at] = performance.now();
  }
}
