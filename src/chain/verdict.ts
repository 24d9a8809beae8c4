import { z } from 'zod';
import { wellFormed, withoutThinking } from './thinking.ts';

/** A quotation that bears a verdict out: `quote` is exactly `document.slice(start, end)` of the passage's document. */
export const Evidence = z.object({
  quote: z.string(),
  passageId: z.string(),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
});
export type Evidence = z.infer<typeof Evidence>;

/** Why there is no judgement: the judge was too slow, could not be read, could not be reached, or was not asked. */
const Problem = z.enum(['timeout', 'unparseable', 'unavailable', 'skipped']);
export type Problem = z.infer<typeof Problem>;

/** What the evaluation says of an answer. `score` is the probability, 0 to 1, that the answer is correct, where there is one. */
export const Verdict = z.object({
  label: z.enum(['Correct', 'Incorrect', 'Unjudged']),
  basis: z.enum(['context', 'answer']),
  score: z.number().min(0).max(1).nullable(),
  reason: z.string(),
  evidence: z.array(Evidence),
  problem: Problem.nullable(),
});
export type Verdict = z.infer<typeof Verdict>;
export type Basis = Verdict['basis'];

/** A verdict for an answer that could not be judged, or need not be. */
export function unjudged(basis: Basis, problem: Problem, reason: string): Verdict {
  return { label: 'Unjudged', basis, score: null, reason, evidence: [], problem };
}

/** What a judge replies, once it has been read. */
export const Judgement = z.object({
  quotes: z.array(z.string()),
  reason: z.string(),
  verdict: z.enum(['Correct', 'Incorrect']),
  score: z.number().min(0).max(1).nullable(),
});
export type Judgement = z.infer<typeof Judgement>;

/**
 * Reads a judge's reply, however it is wrapped: in a code fence, after a thinking block, with words around it, with single
 * fields of another type or case. The last JSON object that holds a verdict counts, unless another one holds the other verdict: of
 * a draft and a decision, or a decision and what a document asks for, nothing tells which is which. None counts that a broken or
 * unfinished judgement holds, which may quote the passages.
 * @param options.isCutOff whether the model was stopped before its end: then only what stands at the end counts, else an example of
 * a verdict in its thinking would
 * @returns null where no verdict can be read from it without guessing
 */
export function readJudgement(reply: string, { isCutOff = false } = {}): Judgement | null {
  const end = withoutThinking(reply).slice(-longestEnd);
  const found = jsonObjects(end).map((object) => ({ ...object, judgement: toJudgement(object.fields) }));
  if (new Set(found.flatMap(({ judgement }) => judgement?.verdict ?? [])).size > 1) return null;
  for (const { fields, judgement, from, to } of found.reverse()) {
    if (fields === null) return null;
    const counts = !isCutOff || [end.slice(0, from), end.slice(to)].some((around) => nothing.test(around));
    if (judgement && counts) return judgement;
  }
  return null;
}

/** White space, or the fence of code. */
const nothing = /^\s*(?:```(?:json)?\s*)?$/i;

/** A number as it is written plainly: "0,9", "1/10" and "90%" mean something else than their first digits. */
const isNumber = /^\s*(?:\d+(?:\.\d+)?|\.\d+)\s*$/;

function toJudgement(fields: Record<string, unknown> | null): Judgement | null {
  if (fields === null) return null;
  const named = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  const word = String(named.verdict ?? named.label ?? '')
    .trim()
    .replace(/[.!]$/, '')
    .toLowerCase();
  const score = typeof named.score === 'string' && isNumber.test(named.score) ? Number(named.score) : named.score;
  const quotes = Array.isArray(named.quotes) ? named.quotes : typeof named.quotes === 'string' ? [named.quotes] : [];
  const judgement = Judgement.safeParse({
    quotes: quotes.filter((quote) => typeof quote === 'string').slice(0, 20),
    reason: typeof named.reason === 'string' ? wellFormed(named.reason.slice(0, 2000)) : '',
    verdict: word === 'correct' ? 'Correct' : word === 'incorrect' ? 'Incorrect' : null,
    score: typeof score === 'number' && score >= 0 && score <= 1 ? score : null,
  });
  return judgement.data ?? null;
}

/** How much of a reply's end is looked at, in UTF-16 code units, and how many beginnings of objects: no judge says so much. */
const longestEnd = 100_000;
const mostBeginnings = 200;
type Found = { fields: Record<string, unknown> | null; from: number; to: number };

/** Where an object with fields may begin; braces of prose, of formulas and of most code are none. */
const beginning = /\{(?=\s*")/g;
/** How a judgement begins. */
const judgementBegins = /\{\s*"(?:quotes|reason|verdict|label|score)"\s*:/iy;

/**
 * The JSON objects of a text and where they stand, in their order; objects inside objects are not looked for. `fields` is null for what
 * begins as a judgement and can't be read; where it has no end either, nothing behind it is read.
 */
function jsonObjects(text: string): Found[] {
  const found: Found[] = [];
  let next = 0;
  for (const { index: from } of [...text.matchAll(beginning)].slice(-mostBeginnings)) {
    if (from < next) continue;
    judgementBegins.lastIndex = from;
    const isJudgement = judgementBegins.test(text);
    const to = endOfObject(text, from) ?? (isJudgement ? text.length : null);
    if (to === null) continue;
    const fields = parsed(text.slice(from, to));
    // What is not JSON after all may hold some, but for a judgement that quotes it.
    if (fields === null && !isJudgement) continue;
    found.push({ fields, from, to });
    next = to;
  }
  return found;
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Where the object that begins at `from` ends, minding strings; null where it doesn't. */
function endOfObject(text: string, from: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
