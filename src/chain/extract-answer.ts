import { type AnswerStep, tellWhole } from './answer.ts';
import { type RankedSentence, rankSentences } from './rank-sentences.ts';
import { endsSentence, readable } from './sentence-candidates.ts';
import { type Answer, abstention, type Retrieved } from './state.ts';
import { step } from './step.ts';

/** An answer grows, sentence by sentence, until the right one is this likely to be in it. */
const enough = 0.85;
/** A sentence less likely than this is not worth reading. */
const leastLikely = 0.06;
/** An answer is never longer, in UTF-16 code units, unless a single sentence is. */
const longestAnswer = 700;

/**
 * The answer step where no language model is configured: the one to three sentences of the context that answer best, word
 * for word (white space apart, and without the marker before a list item), those of a passage in its order.
 * What leads up to a list or to code counts as one sentence with it; a table's rows come under the names of its columns.
 * Whether the context can answer at all is for the step before to say; without a sentence it abstains.
 * @param options.mostSentences 1 to 3
 */
export function createExtractiveAnswer(options: { mostSentences?: number } = {}): AnswerStep {
  return step('answer', async ({ question, context }: Retrieved, config): Promise<Answer> => {
    const text = extract(rankSentences(question, context).sentences, options.mostSentences);
    if (text === '') return { text: abstention, abstained: true };
    await tellWhole(text, config);
    return { text, abstained: false };
  });
}

/** The answer that ranked sentences make, best first, as people read it; empty where there are none. */
export function extract(ranked: RankedSentence[], mostSentences = 3): string {
  return inReadingOrder(choose(ranked, mostSentences)).reduce(
    (answer, sentence, at, chosen) => answer + addition(sentence, chosen[at - 1]),
    '',
  );
}

/** A sentence as it is put behind the one before it; rows of tables stand under the names of their columns. */
function addition(sentence: RankedSentence, before: RankedSentence | undefined): string {
  const isSameTable = sentence.head !== '' && sentence.head === before?.head;
  const head = sentence.head === '' || isSameTable ? '' : `${sentence.head}\n`;
  const shown = head + readable(sentence.text, sentence.block);
  if (before === undefined) return shown;
  if (isSameTable) return `\n${shown}`;
  const isApart = [sentence, before].some((each) => each.head !== '' || each.block !== '');
  return `${isApart ? '\n\n' : endsSentence(before.text) ? ' ' : '\n'}${shown}`;
}

/** The fewest of the best sentences that are likely enough to hold the answer together; what two documents say is said once. */
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

/** Whether one holds the other, or a part of it, as a list holds its items. */
const overlaps = (one: RankedSentence, other: RankedSentence) =>
  one.passage === other.passage && one.start < other.end && other.start < one.end;

/** What reads well behind others: rows of a table only beside rows of the same. */
const goesAlong = ({ prose, head }: RankedSentence, chosen: RankedSentence[]) =>
  prose && (head === '' || chosen.some((other) => other.head === head));

/** Passages in the order of their best sentence, and the sentences of each as they stand in it. */
function inReadingOrder(chosen: RankedSentence[]): RankedSentence[] {
  const passages = [...new Set(chosen.map(({ passage }) => passage))];
  return passages.flatMap((passage) =>
    chosen.filter((sentence) => sentence.passage === passage).sort((one, other) => one.start - other.start),
  );
}
