import type { FoundPassage } from '../passage.ts';
import { holdsType, type QuestionType, questionTypeOf } from '../ranking/question-type.ts';
import { relativeTo } from '../ranking/relative.ts';
import { contentStems, rarityIn, weightedShare } from '../ranking/words.ts';
import weights from './answer-weights.json' with { type: 'json' };
import { withoutOtherSubjects } from './other-subject.ts';
import { type Candidate, sentenceCandidates } from './sentence-candidates.ts';

/** A question with what is needed to compare sentences with it. */
export type ReadQuestion = {
  text: string;
  type: QuestionType;
  stems: ReadonlySet<string>;
  /** How much a word tells among the sentences of this context. */
  rarity: (stem: string) => number;
  /** Whether what it asks of its subject is said of others alone, which are left out (`withoutOtherSubjects`). */
  isOfOthersAlone: boolean;
};

/**
 * A sentence with how well it answers: `score` is comparable within one question only, `probability` is its share among all
 * sentences (their scores' softmax).
 */
export type RankedSentence = Candidate & {
  stems: ReadonlySet<string>;
  /** The words of the sentence before and of the one after it. */
  before: ReadonlySet<string>;
  after: ReadonlySet<string>;
  fits: boolean;
  features: number[];
  score: number;
  probability: number;
};

/** What a sentence is scored by; the weights are trained by evaluation/train-answer.ts. */
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

/** Fewer words than these besides the question's say nothing new. */
const fewestNewWords = 3;
/** How much less likely what isn't prose is to be the answer: it is taken only where nothing else comes near. */
const notProse = 3;
/** What only names what is below is never the answer. */
const onlyName = 30;
const penaltyOf = ({ onlyNames, prose }: Candidate) => (onlyNames ? onlyName : prose ? 0 : notProse);
const none: ReadonlySet<string> = new Set();

/** What was ranked before, as long as its context is there: answer, verdict and what precedes them ask for the same. */
const known = new WeakMap<FoundPassage[], { question: string; ranked: ReturnType<typeof rank> }>();

/** As `rank` does, with the trained weights; for the same question and context the work is done once. */
export function rankSentences(question: string, context: FoundPassage[]) {
  const before = known.get(context);
  if (before?.question === question) return before.ranked;
  const ranked = rank(question, context, trained);
  known.set(context, { question, ranked });
  return ranked;
}

/**
 * Ranks the sentences of the context by how well they answer: nearness of the windows that hold them, words shared with the
 * question (weighted by their rarity in this context), alone and with a neighbour, rank of the passage, and whether they
 * hold what the question asks for. Similarities count relative to those of the same context, so that the weights hold for
 * every embedding model. What is about another subject is not among them.
 * @returns best first
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
    rarity: rarityIn(own),
    isOfOthersAlone,
  };
  // What the title says already, as the name of the thing that the whole document is about, tells sentences little apart.
  const besideTitle = new Map(
    context.map(({ title }) => {
      const said = contentStems(title);
      return [title, [...read.stems].filter((stem) => !said.has(stem))];
    }),
  );
  const relative = relativeTo(context.flatMap(({ similarities }) => similarities));
  const scored = candidates.map((candidate, at) => {
    const stems = stemsOf.get(candidate)!;
    const neighbour = (offset: number) => {
      const other = candidates[at + offset];
      return other?.passage === candidate.passage ? stemsOf.get(other)! : none;
    };
    const before = neighbour(-1);
    const after = neighbour(1);
    const fits = read.type === 'other' || holdsType(read.type, candidate.text, question);
    const share = (...pool: ReadonlySet<string>[]) => weightedShare(read.stems, pool, read.rarity);
    const isNew = (stem: string) => !read.stems.has(stem);
    const newWords = [...own[at]!, ...contentStems(candidate.block)].filter(isNew).length;
    const features = [
      relative(candidate.meanSimilarity),
      relative(candidate.greatestSimilarity),
      share(stems),
      weightedShare(besideTitle.get(candidate.passage.title)!, [stems], read.rarity),
      share(stems, before),
      share(stems, after),
      Math.min(candidate.passage.rank, 4) - 1,
      read.type === 'other' ? 0 : Number(fits) - 0.5,
      Number(newWords < fewestNewWords && candidate.completedBy === ''),
    ];
    const sum = features.reduce((total, feature, index) => total + feature * featureWeights[index]!, 0);
    return { ...candidate, stems, before, after, fits, features, score: sum - penaltyOf(candidate) };
  });
  scored.sort((one, other) => other.score - one.score);
  const best = scored[0]?.score ?? 0;
  const whole = scored.reduce((sum, { score }) => sum + Math.exp(score - best), 0);
  const sentences = scored.map((sentence) => ({ ...sentence, probability: Math.exp(sentence.score - best) / whole }));
  return { question: read, sentences };
}
