import type { AnswerStep } from './answer.ts';
import { type RankedSentence, rankSentences } from './rank-sentences.ts';
import { readable } from './sentence-candidates.ts';
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
 * Whether the context can answer at all is for the step before to say; without a sentence it abstains.
 * @param options.mostSentences 1 to 3
 */
export function createExtractiveAnswer(options: { mostSentences?: number } = {}): AnswerStep {
  return step('answer', ({ question, context }: Retrieved): Answer => {
    const text = extract(rankSentences(question, context).sentences, options.mostSentences);
    return text === '' ? { text: abstention, abstained: true } : { text, abstained: false };
  });
}

/** The answer that ranked sentences make, best first, as people read it; empty where there are none. */
export function extract(ranked: RankedSentence[], mostSentences = 3): string {
  return inReadingOrder(choose(ranked, mostSentences))
    .map(({ text }) => readable(text))
    .join(' ');
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
    if (said.has(words)) {
      likely += sentence.probability;
      continue;
    }
    if (chosen.length > 0 && (!sentence.prose || length + sentence.text.length > longestAnswer)) continue;
    chosen.push(sentence);
    said.add(words);
    likely += sentence.probability;
    length += sentence.text.length;
  }
  return chosen;
}

/** Passages in the order of their best sentence, and the sentences of each as they stand in it. */
function inReadingOrder(chosen: RankedSentence[]): RankedSentence[] {
  const passages = [...new Set(chosen.map(({ passage }) => passage))];
  return passages.flatMap((passage) =>
    chosen.filter((sentence) => sentence.passage === passage).sort((one, other) => one.start - other.start),
  );
}
