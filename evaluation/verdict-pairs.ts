import { extract } from '../src/chain/extract-answer.ts';
import { rankSentences } from '../src/chain/rank-sentences.ts';
import type { FoundPassage } from '../src/passage.ts';
import { generatedRightKinds, generatedWrongKinds, generatePairs, holdsAnswer } from './generated-pairs.ts';
import { seededRandom } from './seeded.ts';
import type { Squad } from './squad.ts';
import type { SquadContexts } from './squad-search.ts';

export const rightKinds = [...generatedRightKinds, 'our right answer'] as const;
export const wrongKinds = [
  ...generatedWrongKinds,
  'our wrong answer',
  'our answer, unanswerable',
  'our answer, paragraph missing',
] as const;
export type PairKind = (typeof rightKinds)[number] | (typeof wrongKinds)[number];

/** A question, an answer, what was retrieved, and whether the answer is right. */
export type Pair = {
  question: string;
  answer: string;
  context: FoundPassage[];
  right: boolean;
  kind: PairKind;
  article: string;
};

/**
 * Generated answers before the passages that were retrieved (the question's own paragraph among them), and the answers that
 * Assay itself extracts: right ones, wrong ones, and those where the answer can't be in the context.
 */
export function makePairs(squad: Squad, contexts: SquadContexts[], seed: number): Pair[] {
  const generated = generatePairs(squad, seed).map(({ asked, answer, right, kind }): Pair => {
    const { question, article } = squad.questions[asked]!;
    return { question, answer, context: contexts[asked]!.withParagraph, right, kind, article };
  });
  const random = seededRandom(seed);
  const own = squad.questions.flatMap((asked, at) => {
    const { found, withoutParagraph } = contexts[at]!;
    const { question, article } = asked;
    const answer = quote(question, found);
    const answered = { question, article, answer, context: found };
    const sometimes = random() < 0.5;
    if (!asked.answerable)
      return sometimes ? [{ ...answered, right: false, kind: 'our answer, unanswerable' as const }] : [];
    const right = holdsAnswer(answer, asked);
    const pairs: Pair[] = [{ ...answered, right, kind: right ? 'our right answer' : 'our wrong answer' }];
    const missed = quote(question, withoutParagraph);
    if (sometimes && !holdsAnswer(missed, asked)) {
      const kind = 'our answer, paragraph missing';
      pairs.push({ question, article, answer: missed, context: withoutParagraph, right: false, kind });
    }
    return pairs;
  });
  return [...generated, ...own].filter(({ answer }) => answer !== '');
}

const quote = (question: string, context: FoundPassage[]) => extract(rankSentences(question, context).sentences);
