import { z } from 'zod';
import { wellFormed, withoutThinking } from './thinking.ts';

/**
 * A quotation that supports a verdict: `quote` is exactly `document.slice(start, end)` of the document of the passage.
 */
export const Evidence = z.object({
  quote: z.string().describe('Word for word: the text of the document from start to end.'),
  passageId: z.string(),
  start: z.int().nonnegative().describe('Where it begins in the text of its document, in UTF-16 code units.'),
  end: z.int().nonnegative().describe('Where it ends there.'),
});
export type Evidence = z.infer<typeof Evidence>;

/** Why there is no judgement: the judge was too slow, could not be read, could not be reached, or was not asked. */
const Problem = z.enum(['timeout', 'unparseable', 'unavailable', 'skipped']);
export type Problem = z.infer<typeof Problem>;

/** What the evaluation says of an answer. `score` is the probability, 0 to 1, that the answer is correct, where there is one. */
export const Verdict = z.object({
  label: z.enum(['Correct', 'Incorrect', 'Unjudged']).describe('Whether the passages bear the answer out.'),
  basis: z.enum(['context', 'answer']).describe('Whether the judge saw the passages, or question and answer alone.'),
  score: z.number().min(0).max(1).nullable().describe('How likely the answer is right, where the judge can tell.'),
  reason: z.string(),
  evidence: z.array(Evidence).describe('Quotations that stand in the passages word for word; others are dropped.'),
  problem: Problem.nullable().describe('Why there was no judgement; null if there was one.'),
});
export type Verdict = z.infer<typeof Verdict>;
export type Basis = Verdict['basis'];

/** A verdict for an answer that could not be judged, or need not be. */
export function unjudged(basis: Basis, problem: Problem, reason: string): Verdict {
  return { label: 'Unjudged', basis, score: null, reason, evidence: [], problem };
}

/** The reply of a judge, once it has been read. */
export const Judgement = z.object({
  quotes: z.array(z.string()),
  reason: z.string(),
  verdict: z.enum(['Correct', 'Incorrect']),
  score: z.number().min(0).max(1).nullable(),
});
export type Judgement = z.infer<typeof Judgement>;

/**
 * Reads a judge's reply, however it is wrapped: in a code fence, after thinking, with words around it, with single
 * fields of another type or case. The last JSON object with a verdict counts, unless another holds the opposite
 * verdict: then nothing tells a draft from a decision, or a decision from what a document asks for. Nothing inside a
 * broken or unfinished judgement counts, since it may be quoted from the passages.
 * @param options.isCutOff whether the model was stopped before it had finished: then only an object at the beginning or
 * end counts, since one in between may be an example in its thinking
 * @returns null where no verdict can be read without guessing
 */
export function readJudgement(reply: string, { isCutOff = false } = {}): Judgement | null {
  const end = withoutThinking(reply).slice(-longestEnd);
  const found = jsonObjects(end).map((object) => ({ ...object, judgement: toJudgement(object.fields) }));
  if (new Set(found.flatMap(({ judgement }) => judgement?.verdict ?? [])).size > 1) return null;
  for (const { judgement, from, to } of found.reverse()) {
    // Another has begun and is broken; or a quotation of its end has closed the object, and more of the judge's own comes.
    if (judgement && judgementField.test(end.slice(to))) return null;
    const counts = !isCutOff || [end.slice(0, from), end.slice(to)].some((around) => blankOrFence.test(around));
    if (judgement && counts) return judgement;
  }
  return null;
}

/** White space, or a code fence. */
const blankOrFence = /^\s*(?:```(?:json)?\s*)?$/i;

/** A plainly written number: "0,9", "1/10" and "90%" mean something else than their first digits. */
const plainNumber = /^\s*(?:\d+(?:\.\d+)?|\.\d+)\s*$/;

/** The word for a verdict, perhaps emphasised or within quotation marks. */
const verdictWord = /^[\s*_`"']{0,9}(?<not>in)?correct[\s*_`"'.!]{0,9}$/i;

function toJudgement(fields: Record<string, unknown> | null): Judgement | null {
  if (fields === null) return null;
  const named = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  const word = verdictWord.exec(String(named.verdict ?? named.label));
  if (!word) return null;
  const isIncorrect = word.groups!.not !== undefined;
  const score = typeof named.score === 'string' && plainNumber.test(named.score) ? Number(named.score) : named.score;
  // Of an Incorrect, a judge that misreads the field says how sure it is of that.
  const most = isIncorrect ? 0.5 : 1;
  const quotes = Array.isArray(named.quotes) ? named.quotes : [named.quotes];
  return {
    quotes: quotes.filter((quote) => typeof quote === 'string').slice(0, 20),
    reason: typeof named.reason === 'string' ? wellFormed(named.reason.slice(0, 2000)) : '',
    verdict: isIncorrect ? 'Incorrect' : 'Correct',
    score: typeof score === 'number' && score >= 0 && score <= most ? score : null,
  };
}

/**
 * How much of a reply is read, from its end, in UTF-16 code units, and how many beginnings of objects are tried: no
 * judge says as much.
 */
const longestEnd = 100_000;
const mostBeginnings = 200;
type Found = { fields: Record<string, unknown> | null; from: number; to: number };

/**
 * Where an object with fields may begin; braces in prose, in formulas and in most code are not followed by a quotation
 * mark.
 */
const beginning = /\{(?=\s*")/g;
const judgementField = /"(?:quotes|reason|verdict|label|score)"\s*:/i;
/** How a judgement begins. */
const judgementBegins = new RegExp(String.raw`\{\s*${judgementField.source}`, 'iy');

/**
 * The JSON objects of a text and where they stand, in order; nested ones are not looked for. `fields` is null for what
 * begins as a judgement but is not JSON; if it has no end either, nothing after it is read.
 */
function jsonObjects(text: string): Found[] {
  const found: Found[] = [];
  let next = 0;
  for (const { index: from } of [...text.matchAll(beginning)].slice(-mostBeginnings)) {
    if (from < next) continue;
    judgementBegins.lastIndex = from;
    const isJudgement = judgementBegins.test(text);
    const to = endOfObject(text, from) ?? text.length;
    const json = text.slice(from, to);
    const fields = parsed(json) ?? (isJudgement ? parsed(repaired(json)) : null);
    // Braces that turn out not to be JSON may hold some, unless they are a broken judgement, which may quote it.
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

/**
 * JSON where a model copied line breaks, tabs or backslashes from a document as they are. Where strings begin and end
 * stays the same.
 */
const repaired = (json: string) =>
  json
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\\(?:u[\da-fA-F]{4}|["\\/bfnrt])|\\('?)/g, (whole, quotationMark) =>
      quotationMark === undefined ? whole : quotationMark || '\\\\',
    );

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
