import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../src/errors.ts';
import type { Estimate } from './measures.ts';

/** The least a figure must be, by its name; or the most it may be. */
const Gate = z.record(z.string(), z.union([z.number(), z.strictObject({ atMost: z.number() })]));
export type Gate = z.infer<typeof Gate>;

/** @throws AppError BAD_INPUT where the file holds no gate */
export function readGate(file: string): Gate {
  try {
    return Gate.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new AppError(
      'BAD_INPUT',
      'The gate cannot be read: it holds figures by name, each a number or { "atMost": … }.',
      {
        cause,
      },
    );
  }
}

/** A sentence for each figure that is not what it must be; one that was not measured is not. */
export function shortfalls(figures: Record<string, Pick<Estimate, 'value'>>, gate: Gate): string[] {
  return Object.entries(gate).flatMap(([name, bound]) => {
    const value = figures[name]?.value ?? null;
    if (value === null) return [`${name} was not measured.`];
    const shown = Number(value.toPrecision(4));
    if (typeof bound === 'number') return value >= bound ? [] : [`${name} is ${shown}, and must be at least ${bound}.`];
    return value <= bound.atMost ? [] : [`${name} is ${shown}, and must be at most ${bound.atMost}.`];
  });
}
