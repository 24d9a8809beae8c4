import { parentPort, SHARE_ENV, Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';

/** What a thread reports: that its model is loaded, and then the outcome of each input. */
type Told<Output> = 'ready' | { output: Output } | { error: unknown };

type Waiting<Input, Output> = {
  input: Input;
  signal: AbortSignal | undefined;
  resolve: (output: Output) => void;
  reject: (error: unknown) => void;
};

/** After this many urgent inputs in a row one of the others has its turn, so that they are never held up for good. */
const mostUrgentInARow = 16;

/** A model on a thread of its own: it computes for milliseconds at a time, during which the event loop goes on. */
export type ModelThread<Input, Output> = {
  /**
   * The model's output for an input. Inputs are taken one by one, `urgent` ones nearly always first.
   * @param options.signal ends the wait with its reason; an input not begun by then is dropped
   * @throws what the model throws; AppError MODEL_UNAVAILABLE where the thread ended meanwhile (the next input starts a
   * new one), NOT_READY once closed
   */
  compute(input: Input, options?: { urgent?: boolean; signal?: AbortSignal | undefined }): Promise<Output>;
  /** Ends the thread; inputs still waiting fail. */
  close(): Promise<void>;
};

/**
 * Starts a thread that runs `file`, which must call `serveModel`. While idle it doesn't keep the process from ending.
 * @param workerData goes to the thread
 * @throws what the thread throws before its model is ready
 */
export async function openModelThread<Input, Output>(
  file: URL,
  workerData: unknown,
): Promise<ModelThread<Input, Output>> {
  const urgent: Waiting<Input, Output>[] = [];
  const others: Waiting<Input, Output>[] = [];
  const opened = Promise.withResolvers<void>();
  let running: Waiting<Input, Output> | undefined;
  let urgentInARow = 0;
  let closed = false;
  let worker: Worker | undefined = start();

  function start(): Worker {
    // ONNX Runtime reads settings from the environment of the process, of which a thread by default has only a copy.
    // The process's own options are not for the thread: some, such as --input-type, keep it from running a file.
    const started = new Worker(file, { workerData, env: SHARE_ENV, execArgv: [] });
    let cause: unknown;
    started.on('message', (told: Told<Output>) => {
      if (told === 'ready') return opened.resolve();
      if ('output' in told) running?.resolve(told.output);
      else running?.reject(told.error);
      running = undefined;
      next();
    });
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      worker = undefined;
      const ended = new AppError('MODEL_UNAVAILABLE', "The model's thread ended.", { cause });
      opened.reject(cause ?? ended);
      for (const each of [running, ...urgent.splice(0), ...others.splice(0)]) each?.reject(ended);
      running = undefined;
    });
    return started;
  }

  function next() {
    if (running) return;
    do {
      const isTurnOfOthers = urgentInARow >= mostUrgentInARow && others.length > 0;
      urgentInARow = isTurnOfOthers || urgent.length === 0 ? 0 : urgentInARow + 1;
      running = (isTurnOfOthers ? undefined : urgent.shift()) ?? others.shift();
    } while (running?.signal?.aborted);
    if (!running) return worker?.unref();
    worker ??= start();
    worker.ref();
    worker.postMessage(running.input);
  }

  await opened.promise;
  next();
  return {
    async compute(input, { urgent: isUrgent = false, signal } = {}) {
      if (closed) throw new AppError('NOT_READY', 'The model is closed.');
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Output>();
      const leave = () => reject(signal!.reason);
      signal?.addEventListener('abort', leave, { once: true });
      (isUrgent ? urgent : others).push({ input, signal, resolve, reject });
      next();
      return promise.finally(() => signal?.removeEventListener('abort', leave));
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}

/** The thread's side: reports that the model is ready, then computes each input that comes. */
export function serveModel<Input, Output>(compute: (input: Input) => Promise<Output>) {
  parentPort!.on('message', async (input: Input) => {
    const told = await compute(input).then(
      (output): Told<Output> => ({ output }),
      (error: unknown): Told<Output> => ({ error }),
    );
    parentPort!.postMessage(told);
  });
  parentPort!.postMessage('ready' satisfies Told<Output>);
}
