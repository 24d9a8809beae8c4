/** The kind of a step: LangChain's kinds of runs, by the names that a trace shows. */
export type StepKind = 'step' | 'prompt' | 'model' | 'retriever' | 'parser' | 'other';

/** The `parent` of a step that is in no other. */
export const outermost = -1;

/**
 * How many steps of courses are remembered in all, and how many next steps after each; others live only as long as
 * their ask.
 */
const mostRemembered = 10_000;
const mostNext = 16;
let remembered = 0;

/**
 * The steps that an ask has begun so far, in order, as a linked list: its last step, with the course before it. Nearly
 * all asks take the same course and share the objects.
 */
export class Course {
  readonly #next: Course[] = [];
  readonly before: Course | null;
  readonly name: string;
  readonly kind: StepKind;
  /** The place in the course of the step that this one is in, or `outermost`. */
  readonly parent: number;
  #isRemembered: boolean;
  #layout: Layout | undefined;

  constructor(before: Course | null, name: string, kind: StepKind, parent: number, isRemembered: boolean) {
    this.before = before;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.#isRemembered = isRemembered;
  }

  /** This course with one more step. */
  followedBy(name: string, kind: StepKind, parent: number): Course {
    for (const next of this.#next) if (next.name === name && next.parent === parent && next.kind === kind) return next;
    const isRemembered = this.#isRemembered && this.#next.length < mostNext && remembered < mostRemembered;
    const longer = new Course(this, name, kind, parent, isRemembered);
    if (isRemembered) {
      remembered += 1;
      this.#next.push(longer);
    }
    return longer;
  }

  /** How its steps nest; the same object for all asks that took this course. */
  get layout(): Layout {
    this.#layout ??= layOut(this);
    return this.#layout;
  }
}

/**
 * The steps of a course with parents before their children, as a trace shows them; `order` holds their places in the
 * course.
 */
export type Layout = { order: number[]; names: string[]; kinds: StepKind[]; depths: number[]; parents: number[] };

function layOut(course: Course): Layout {
  const steps: Course[] = [];
  for (let at = course; at.before; at = at.before) steps.unshift(at);
  const order: number[] = [];
  const depths: number[] = [];
  const visit = (parent: number, depth: number) => {
    for (let at = parent + 1; at < steps.length; at += 1) {
      if (steps[at]!.parent !== parent) continue;
      order.push(at);
      depths.push(depth);
      visit(at, depth + 1);
    }
  };
  visit(outermost, 0);
  const names = order.map((at) => steps[at]!.name);
  const kinds = order.map((at) => steps[at]!.kind);
  // The place of each parent in this order.
  const places = new Map(order.map((at, place) => [at, place]));
  const parents = order.map((at) => places.get(steps[at]!.parent) ?? outermost);
  return { order, names, kinds, depths, parents };
}

const start = new Course(null, '', 'other', outermost, true);

/**
 * The steps of an ask, while it runs and after: a course, and columns of what each step was given and gave, and when.
 * They live until the record of the ask is packed; an object for each step would be several times the work for the
 * garbage collector.
 */
export class Trail {
  /** Times are by `performance.now()`. */
  readonly beganAt = performance.now();
  course = start;
  readonly inputs: unknown[] = [];
  readonly outputs: unknown[] = [];
  readonly begun: number[] = [];
  /** NaN while a step runs. */
  readonly ended: number[] = [];
  /** The places of the steps that failed. */
  readonly failed: number[] = [];

  /** Adds a step that begins now; gives its place. */
  begin(name: string, kind: StepKind, input: unknown, parent: number): number {
    this.course = this.course.followedBy(name, kind, parent);
    this.outputs.push(undefined);
    this.begun.push(performance.now());
    this.ended.push(Number.NaN);
    return this.inputs.push(input) - 1;
  }

  /** Ends the step at this place with what it gave. */
  end(at: number, output: unknown): void {
    this.outputs[at] = output;
    this.ended[at] = performance.now();
  }

  /** Ends the step at this place, which failed. */
  fail(at: number): void {
    this.failed.push(at);
    this.ended[at] = performance.now();
  }
}

/** Where in a trail the steps belong that are called with a config: in the step `at`. */
export type TrailPlace = { trail: Trail; at: number };

/** The part of a runnable's config that is ours: where its steps belong. */
type Trailed = { configurable?: Record<string, unknown> | undefined };

/**
 * Does the work of a step and, where an ask keeps a trail (`configurable.trail`), records it there: a few values per
 * step instead of the run tree that LangChain's tracers build. Steps that the work calls with the config it is given
 * are recorded as within it.
 * @param takesConfig false if the work calls no steps: then it gets the config as it is, which saves copying it
 */
export function recorded<Config extends Trailed, Output>(
  config: Config,
  name: string,
  kind: StepKind,
  input: unknown,
  work: (config: Config) => Output | Promise<Output>,
  takesConfig = true,
): Promise<Output> {
  const above = config.configurable?.trail as TrailPlace | undefined;
  if (!above) return Promise.try(work, config);
  const { trail } = above;
  const at = trail.begin(name, kind, input, above.at);
  try {
    const output = work(
      takesConfig ? { ...config, configurable: { ...config.configurable, trail: { trail, at } } } : config,
    );
    if (!(output instanceof Promise)) {
      trail.end(at, output);
      return Promise.resolve(output);
    }
    // Recorded beside the work, not around it: the caller then awaits one promise fewer at each step.
    output.then(
      (value) => trail.end(at, value),
      () => trail.fail(at),
    );
    return output;
  } catch (error) {
    trail.fail(at);
    return Promise.reject(error);
  }
}

/** Notes what a step that is under way has given so far; `config` is the one that its work was called with. */
export function noteSoFar(config: Trailed, output: unknown): void {
  const place = config.configurable?.trail as TrailPlace | undefined;
  if (place) place.trail.outputs[place.at] = output;
}
