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
 * A runnable of LangChain under a name, on the short way: where no LangChain callback listens, `invoke` does its work and nothing
 * else. LangChain's own `invoke` makes callback managers and run ids, and copies its config, for every step, which costs several
 * times what the steps of an ask do themselves. With a callback, and in `stream` and `batch`, it is LangChain's. A `work` that calls other
 * steps must name its second parameter, the config that they are called with, without a default.
 */
export function short<Input, Output>(
  name: string,
  runnable: Runnable<Input, Output>,
  work: Work<Input, Output>,
  kind: StepKind = 'step',
): Runnable<Input, Output> {
  const long = runnable.invoke.bind(runnable);
  const takesConfig = work.length > 1;
  runnable.name = name;
  runnable.invoke = (input, config = {}) => {
    const doIt = (within: RunnableConfig) => {
      within.signal?.throwIfAborted();
      return within.callbacks ? long(input, { ...within, runName: name }) : work(input, within);
    };
    return recorded(config as RunnableConfig, name, kind, input, doIt, takesConfig);
  };
  return runnable;
}

/** A named step of a chain: a function of its input, with the request's signal and callbacks in its config. */
export function step<Input, Output>(name: string, work: Work<Input, Output>): Runnable<Input, Output> {
  const func = (input: Input, config: RunnableConfig) => work(input, config);
  return short(name, new RunnableLambda<Input, Output>({ func }) as Runnable<Input, Output>, work);
}

/** Steps one after another, each with what the one before gave. */
export function sequence<Input, Output>(name: string, steps: Runnable[]): Runnable<Input, Output> {
  return short(name, RunnableSequence.from<Input, Output>(steps as never), async (input, config) => {
    let value: unknown = input;
    for (const each of steps) value = await each.invoke(value, config);
    return value as Output;
  });
}

/** A step that carries forward all it was given, with one value more. */
export function carry(name: string, key: string, runnable: Runnable): Runnable {
  return short(name, RunnablePassthrough.assign({ [key]: runnable }) as Runnable, async (state, config) => ({
    ...state,
    [key]: await runnable.invoke(state, config),
  }));
}

function named<Named extends Runnable>(name: string, runnable: Named): Named {
  runnable.name = name;
  return runnable;
}

/** A condition: a step where a trace should tell of it, else a function. */
type Condition<Input> = Runnable<Input, boolean> | ((input: Input) => boolean);

/** The first step whose condition holds, or the last one, which has none. */
export function choice<Input, Output>(
  name: string,
  branches: [condition: Condition<Input>, then: Runnable<Input, Output>][],
  otherwise: Runnable<Input, Output>,
): Runnable<Input, Output> {
  const asRunnable = (condition: Condition<Input>) =>
    typeof condition === 'function' ? named(`${name}?`, new RunnableLambda({ func: condition })) : condition;
  const pairs = branches.map(([condition, then]) => [asRunnable(condition), then]);
  const branch = RunnableBranch.from<Input, Output>([...pairs, otherwise] as never);
  return short(name, branch, async (input, config) => {
    for (const [condition, then] of branches) {
      const holds = typeof condition === 'function' ? condition(input) : await condition.invoke(input, config);
      if (holds) return await then.invoke(input, config);
    }
    return await otherwise.invoke(input, config);
  });
}

/** Steps side by side on the same input; their results by name. */
export function together<Input, Output extends object>(
  name: string,
  steps: Record<string, Runnable<Input>>,
): Runnable<Input, Output> {
  const names = Object.keys(steps);
  const runnables = Object.values(steps);
  return short(name, RunnableMap.from<Input, Output>(steps as never), async (input, config) => {
    const results = await Promise.all(runnables.map((each) => each.invoke(input, config)));
    return Object.fromEntries(names.map((key, at) => [key, results[at]])) as Output;
  });
}

/** Who wants to know of an answer's words as they come; a promise holds the model's stream back until it resolves. */
export type OnToken = (token: string) => void | Promise<void>;

/** Who wants to know of values on their way; it belongs to one request, and is handed in with that request's config. */
export type Keep = (name: string, value: unknown) => void;

/**
 * A step that saves what passes through it and returns it unchanged, as a logger does. Where it goes is the request's own
 * affair (`configurable.keep`): nothing is kept in the step, so two requests can't see each other's values.
 */
export function keep<State extends object>(name: string & keyof State) {
  return step(`keep ${name}`, (state: State, config) => {
    (config.configurable?.keep as Keep | undefined)?.(name, state[name]);
    return state;
  });
}
