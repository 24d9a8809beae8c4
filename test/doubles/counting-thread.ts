import { appendFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { serveModel } from '../../src/models/model-thread.ts';

/**
 * The side of a thread whose model gives back what it is given. It writes each input, when it begins with it, as a line of the
 * file `diary`; at some words it does as they say.
 */
const { diary, broken } = workerData as { diary: string; broken?: boolean };
if (broken) throw new Error('no such model');

serveModel(async (input: string) => {
  appendFileSync(diary, `${input}\n`);
  if (input === 'throw') throw new Error('thrown as told');
  if (input === 'end') process.exit(1);
  if (input === 'hang') return new Promise(() => {});
  return input;
});
