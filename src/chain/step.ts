import {
  type Runnable,
  RunnableBranch,
  type RunnableConfig,
  RunnableLambda,
  RunnableMap,
  RunnablePassthrough,
  RunnableSequence,
} from '@langchain/core/runnables';
import { recorded, type StepKind } from '../trail.ts';

type Work<Input, Output> = (input: Input, config: RunnableConfig) => Output | Promise<Output>;

/**
 * Names a LangChain runnable and gives it a fast path: where no LangChain callback listens, `invoke` does its work and
 * nothing else. LangChain's own `invoke` makes callback managers and run ids and copies its config at every step, which
 * costs several times what the steps of an ask do themselves. With a callback or a timeout, and in `stream`, LangChain's
 * own way is taken.
 * @param work must declare its second parameter, the config, without a default if it calls other steps with it: only
 * then does a trace place them within this one
 */
export function fastPath<Input, Output>(
  name: string,
  runnable: Runnable<Input, Output>,
  work: Work<Input, Output>,
  kind: StepKind = 'step',
): Runnable<Input, Output> {
  const invoke = runnable.invoke.bind(runnable);
  const takesConfig = work.length > 1;
  runnable.name = name;
  runnable.invoke = (input, config = {}) => {
    const run = (inner: RunnableConfig) => {
      inner.signal?.throwIfAborted();
      if (!inner.callbacks && inner.timeout === undefined) return work(input, inner);
      return invoke(input, { ...inner, runName: inner.runName ?? name });
    };
    return recorded(config as RunnableConfig, name, kind, input, run, takesConfig);
  };
  return runnable;
}

/** A named step of a chain: a function of its input, which finds the request's signal and callbacks in its config. */
export function step<Input, Output>(name: string, work: Work<Input, Output>): Runnable<Input, Output> {
  const func = (input: Input, config: RunnableConfig) => work(input, config);
  return fastPath(name, new RunnableLambda<Input, Output>({ func }) as Runnable<Input, Output>, work);
}

/** Runs steps one after another, each on the result of the one before. */
export function sequence<Input, Output>(name: string, steps: Runnable[]): Runnable<Input, Output> {
  return fastPath(name, RunnableSequence.from<Input, Output>(steps as never), async (input, config) => {
    let value: unknown = input;
    for (const each of steps) value = await each.invoke(value, config);
    return value as Output;
  });
}

/** A step that passes on all it was given, with one value added under `key`. */
export function carry(name: string, key: string, runnable: Runnable): Runnable {
  return fastPath(name, RunnablePassthrough.assign({ [key]: runnable }) as Runnable, async (state, config) => ({
    ...state,
    [key]: await runnable.invoke(state, config),
  }));
}

function named<Named extends Runnable>(name: string, runnable: Named): Named {
  runnable.name = name;
  return runnable;
}

/** A condition: a step if a trace should show it, otherwise a function. */
type Condition<Input> = Runnable<Input, boolean> | ((input: Input) => boolean);

/** Runs the first step whose condition holds, or `otherwise` if none does. */
export function choice<Input, Output>(
  name: string,
  branches: [condition: Condition<Input>, then: Runnable<Input, Output>][],
  otherwise: Runnable<Input, Output>,
): Runnable<Input, Output> {
  const asRunnable = (condition: Condition<Input>) =>
    typeof condition === 'function' ? named(`${name}?`, new RunnableLambda({ func: condition })) : condition;
  const pairs = branches.map(([condition, then]) => [asRunnable(condition), then]);
  const branch = RunnableBranch.from<Input, Output>([...pairs, otherwise] as never);
  return fastPath(name, branch, async (input, config) => {
    for (const [condition, then] of branches) {
      const holds = typeof condition === 'function' ? condition(input) : await condition.invoke(input, config);
      if (holds) return await then.invoke(input, config);
    }
    return await otherwise.invoke(input, config);
  });
}

/** Runs steps side by side on the same input; gives their results by name. */
export function together<Input, Output extends object>(
  name: string,
  steps: Record<string, Runnable<Input>>,
): Runnable<Input, Output> {
  const names = Object.keys(steps);
  const runnables = Object.values(steps);
  return fastPath(name, RunnableMap.from<Input, Output>(steps as never), async (input, config) => {
    const results = await Promise.all(runnables.map((each) => each.invoke(input, config)));
    return Object.fromEntries(names.map((key, at) => [key, results[at]])) as Output;
  });
}

const longestTimerMs = 2 ** 31 - 1;

/**
 * How long it is until `sparedMs` before the ask's deadline (`configurable.endsAt`), in milliseconds; at least 0, and no
 * more than a timer takes where there is no deadline.
 */
export function msLeft({ configurable }: RunnableConfig, sparedMs: number): number {
  const endsAt = (configurable?.endsAt as number | undefined) ?? Number.POSITIVE_INFINITY;
  return Math.min(longestTimerMs, Math.max(0, endsAt - performance.now() - sparedMs));
}

/** Takes the words of an answer as they come; a promise holds the model's stream back until it resolves. */
export type OnToken = (token: string) => void | Promise<void>;

/** Takes values on their way; it belongs to one request and comes with that request's config. */
export type Keep = (name: string, value: unknown) => void;

/**
 * A step that hands a value on its way to `configurable.keep` and returns its input unchanged, as a logger does.
 * Nothing is kept in the step itself, so two requests can't see each other's values.
 */
export function keep<State extends object>(name: string & keyof State) {
  return step(`keep ${name}`, (state: State, config) => {
    (config.configurable?.keep as Keep | undefined)?.(name, state[name]);
    return state;
  });
}
