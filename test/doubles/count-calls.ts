import { Session } from 'node:inspector';

/**
 * How many calls of the functions in a file some synchronous work makes, as V8 counts them: a measure of work that does
 * not depend on how fast the machine is.
 * @param file the end of the file's path
 */
export function countCalls(file: string, work: () => void): number {
  const session = new Session();
  session.connect();
  try {
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    work();
    let calls = 0;
    session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const { url, functions } of result)
        if (url.endsWith(file)) for (const { ranges } of functions) calls += ranges[0]!.count;
    });
    return calls;
  } finally {
    session.disconnect();
  }
}
