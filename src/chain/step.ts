import { type Runnable, type RunnableConfig, RunnableLambda } from '@langchain/core/runnables';

/** A named step of a chain: a function of its input, with the request's signal and callbacks in its config. */
export function step<Input, Output>(
  name: string,
  work: (input: Input, config: RunnableConfig) => Output | Promise<Output>,
): RunnableLambda<Input, Output> {
  const runnable = new RunnableLambda<Input, Output>({ func: (input, config) => work(input, config) });
  runnable.name = name;
  return runnable;
}

/** The runnable under a name of its own: `name` shows in the graph of its chain, `runName` in traces. */
export function named<Input, Output>(name: string, runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  runnable.name = name;
  return runnable.withConfig({ runName: name });
}

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
