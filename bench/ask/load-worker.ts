import { load } from './load.ts';

/** The process of the callers. */
const [port, callers, seconds, warmSeconds] = process.argv.slice(2).map(Number);
const result = await load(port!, callers!, seconds!, warmSeconds!);
process.send?.(result);
process.disconnect?.();
