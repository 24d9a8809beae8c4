import type { FoundPassage } from '../passage.ts';
import { holdsType, type QuestionType, questionTypeOf, stemsSaid } from '../ranking/question-type.ts';
import { relativeTo } from '../ranking/relative.ts';
import { contentStems, rarityIn, shareOf } from '../ranking/words.ts';
import weights from './answer-weights.json' with { type: 'json' };
import { withoutOtherSubjects } from './other-subject.ts';
import { type Candidate, sentenceCandidates } from './sentence-candidates.ts';

/** A question, read for comparison with sentences. */
export type ReadQuestion = {
  text: string;
  type: QuestionType;
  stems: ReadonlySet<string>;
  /** The stems of all its words, common ones too. */
  said: ReadonlySet<string>;
  /** How much a word tells, by its rarity among the sentences of this context. */
  rarity: (stem: string) => number;
  /** Whether what it asks is said of other subjects alone, whose documents are left out (`withoutOtherSubjects`). */
  isOfOthersAlone: boolean;
};

/**
 * A sentence with how well it answers: `score` is comparable within one question only; `probability` is the softmax of
 * the scores of all sentences.
 */
export type RankedSentence = Candidate & {
  stems: ReadonlySet<string>;
  /** The stems of the question's words that it holds by itself. */
  met: ReadonlySet<string>;
  /** The stems of the sentences before and after it. */
  before: ReadonlySet<string>;
  after: ReadonlySet<string>;
  fits: boolean;
  features: number[];
  score: number;
  probability: number;
};

/** The features that a sentence is scored by; their weights are trained by evaluation/train-answer.ts. */
export const sentenceFeatures = [
  'meanSimilarity',
  'greatestSimilarity',
  'overlap',
  'overlapBesideTitle',
  'withBefore',
  'withAfter',
  'rank',
  'fit',
  'brief',
] as const;

const trained = sentenceFeatures.map((name) => weights.sentence[name]);

/** A sentence with fewer words than this besides the question's says nothing new. */
const fewestNewWords = 3;
/** Taken from the score of what isn't prose, so that it is chosen only where nothing else comes near. */
const notProsePenalty = 3;
/** Taken from the score of a line that only names what is below it: never the answer. */
const nameOnlyPenalty = 30;
const penaltyOf = ({ onlyNames, prose }: Candidate) => (onlyNames ? nameOnlyPenalty : prose ? 0 : notProsePenalty);
const none: ReadonlySet<string> = new Set();

/** Rankings, for as long as each context lives: the steps of an ask want the same one several times. */
const known = new WeakMap<FoundPassage[], { question: string; ranked: ReturnType<typeof rank> }>();

/**
 * Ranks with the trained weights; for the same question and context the work is done once.
 * @returns as `rank`
 */
export function rankSentences(question: string, context: FoundPassage[]) {
  const before = known.get(context);
  if (before?.question === question) return before.ranked;
  const ranked = rank(question, context, trained);
  known.set(context, { question, ranked });
  return ranked;
}

/**
 * Ranks the sentences of a context by how well they answer: the nearness of the windows that hold them, the words
 * shared with the question (weighted by their rarity in this context), alone and with a neighbouring sentence, the rank
 * of the passage, and whether they hold what the question asks for. Similarities are scaled relative to the others of
 * the context, so that the weights fit every embedding model. Documents about another subject are left out.
 * @returns the question as it was read, and the sentences, best first
 */
export function rank(
  question: string,
  found: FoundPassage[],
  featureWeights: number[],
): { question: ReadQuestion; sentences: RankedSentence[] } {
  const { left: context, isOfOthersAlone } = withoutOtherSubjects(question, found);
  const candidates = sentenceCandidates(context);
  const own = candidates.map(({ text, block }) => contentStems(text.slice(0, text.length - block.length)));
  const stemsOf = new Map(
    candidates.map((candidate, at) => {
      const { completedBy } = candidate;
      return [candidate, completedBy === '' ? own[at]! : own[at]!.union(contentStems(completedBy))];
    }),
  );
  const read: ReadQuestion = {
    text: question,
    type: questionTypeOf(question),
    stems: contentStems(question),
    said: stemsSaid(question),
    rarity: rarityIn(own),
    isOfOthersAlone,
  };
  // Words that are in the title already, such as the name of what the whole document is about, hardly tell its
  // sentences apart.
  const besideTitle = new Map(
    context.map(({ title }) => {
      const said = contentStems(title);
      return [title, shareOf(read.stems.difference(said), read.rarity)];
    }),
  );
  const share = shareOf(read.stems, read.rarity);
  const relative = relativeTo(context.flatMap(({ similarities }) => similarities));
  const scored = candidates.map((candidate, at) => {
    const stems = stemsOf.get(candidate)!;
    const neighbour = (offset: number) => {
      const other = candidates[at + offset];
      return other?.passage === candidate.passage ? stemsOf.get(other)! : none;
    };
    const before = neighbour(-1);
    const after = neighbour(1);
    const fits = read.type === 'other' || holdsType(read.type, candidate.text, read.said);
    const isNew = (stem: string) => !read.stems.has(stem);
    const newWords = [...own[at]!, ...contentStems(candidate.block)].filter(isNew).length;
    const features = [
      relative(candidate.meanSimilarity),
      relative(candidate.greatestSimilarity),
      share(stems),
      besideTitle.get(candidate.passage.title)!(stems),
      share(stems, before),
      share(stems, after),
      Math.min(candidate.passage.rank, 4) - 1,
      read.type === 'other' ? 0 : Number(fits) - 0.5,
      Number(newWords < fewestNewWords && candidate.completedBy === ''),
    ];
    const sum = features.reduce((total, feature, index) => total + feature * featureWeights[index]!, 0);
    const met = read.stems.intersection(own[at]!);
    return { ...candidate, stems, met, before, after, fits, features, score: sum - penaltyOf(candidate) };
  });
  scored.sort((one, other) => other.score - one.score);
  const best = scored[0]?.score ?? 0;
  const whole = scored.reduce((sum, { score }) => sum + Math.exp(score - best), 0);
  const sentences = scored.map((sentence) => ({ ...sentence, probability: Math.exp(sentence.score - best) / whole }));
  return { question: read, sentences };
}
