import { joinsWithoutSpace } from '../scripts.ts';
import { type AnswerStep, tellWhole } from './answer.ts';
import { type RankedSentence, rankSentences } from './rank-sentences.ts';
import { endsSentence, readable } from './sentence-candidates.ts';
import { type Answer, defaultAbstention, type Retrieved } from './state.ts';
import { step } from './step.ts';

/** An answer grows, sentence by sentence, until it is this likely to hold the right one. */
const enough = 0.85;
/** A sentence less likely than this is not worth reading. */
const leastLikely = 0.06;
/** An answer is never longer, in UTF-16 code units, unless a single sentence is. */
const longestAnswer = 700;

/**
 * The answer step where no language model is configured: the one to three sentences of the context that answer best,
 * word for word except for white space and the markers of list items, in the order in which they stand in their
 * passage. A list or code counts as one sentence with what leads up to it; rows of a table come under the names of its
 * columns. It abstains only where there is no sentence: whether the context can answer at all is decided by the step
 * before.
 * @param options.mostSentences 1 to 3
 */
export function createExtractiveAnswer(options: { mostSentences?: number } = {}): AnswerStep {
  return step('answer', async ({ question, context }: Retrieved, config): Promise<Answer> => {
    const text = extract(rankSentences(question, context).sentences, options.mostSentences);
    if (text === '') return { text: defaultAbstention, abstained: true };
    await tellWhole(text, config);
    return { text, abstained: false };
  });
}

/** The answer that ranked sentences (best first) make, as people read it; empty where there are none. */
export function extract(ranked: RankedSentence[], mostSentences = 3): string {
  return inReadingOrder(choose(ranked, mostSentences)).reduce(
    (answer, sentence, at, chosen) => answer + addition(sentence, chosen[at - 1]),
    '',
  );
}

/** A sentence with what parts it from the one before it; rows of a table stand under the names of its columns. */
function addition(sentence: RankedSentence, before: RankedSentence | undefined): string {
  const isSameTable = sentence.head !== '' && sentence.head === before?.head;
  const head = sentence.head === '' || isSameTable ? '' : `${sentence.head}\n`;
  const shown = head + readable(sentence.text, sentence.block);
  if (before === undefined) return shown;
  if (isSameTable) return `\n${shown}`;
  const isApart = [sentence, before].some((each) => each.head !== '' || each.block !== '');
  const gap = joinsWithoutSpace(before.text, shown) ? '' : ' ';
  return `${isApart ? '\n\n' : endsSentence(before.text) ? gap : '\n'}${shown}`;
}

/**
 * The fewest of the best sentences that together are likely enough to hold the answer; a sentence that stands in two
 * documents is taken once.
 */
export function choose(ranked: RankedSentence[], most: number): RankedSentence[] {
  const chosen: RankedSentence[] = [];
  const said = new Set<string>();
  let likely = 0;
  let length = 0;
  for (const sentence of ranked) {
    if (chosen.length === most) break;
    if (chosen.length > 0 && (likely >= enough || sentence.probability < leastLikely)) break;
    const words = readable(sentence.text).toLowerCase();
    if (said.has(words) || chosen.some((other) => overlaps(other, sentence))) {
      likely += sentence.probability;
      continue;
    }
    const isLater = chosen.length > 0;
    if (isLater && (!goesAlong(sentence, chosen) || length + sentence.text.length > longestAnswer)) continue;
    chosen.push(sentence);
    said.add(words);
    likely += sentence.probability;
    length += sentence.text.length;
  }
  return chosen;
}

/** Whether two sentences overlap, as a list and its items do. */
const overlaps = (one: RankedSentence, other: RankedSentence) =>
  one.passage === other.passage && one.start < other.end && other.start < one.end;

/**
 * Whether a sentence reads well after the chosen ones: prose does, a row of a table only beside rows of the same table.
 * A row or record doesn't where a chosen one holds all that it holds of the question, and more.
 */
const goesAlong = (sentence: RankedSentence, chosen: RankedSentence[]) =>
  sentence.prose &&
  (sentence.head === '' || chosen.some(({ head }) => head === sentence.head)) &&
  !chosen.some((other) => isOfSameKind(other, sentence) && isLess(sentence.met, other.met));

const isLess = (one: ReadonlySet<string>, other: ReadonlySet<string>) => one.size < other.size && one.isSubsetOf(other);

/** Whether both are rows under the same column names, or records that begin with the same label. */
const isOfSameKind = (one: RankedSentence, other: RankedSentence) =>
  one.head === other.head && (one.head !== '' || (labelOf(one) !== '' && labelOf(one) === labelOf(other)));

const labelOf = ({ text }: RankedSentence) => text.slice(0, text.indexOf(': ') + 1);

/** Passages in the order of their best sentence, and the sentences of each as they stand in it. */
function inReadingOrder(chosen: RankedSentence[]): RankedSentence[] {
  const passages = [...new Set(chosen.map(({ passage }) => passage))];
  return passages.flatMap((passage) =>
    chosen.filter((sentence) => sentence.passage === passage).sort((one, other) => one.start - other.start),
  );
}
