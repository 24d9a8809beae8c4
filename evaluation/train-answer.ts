import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  answerable,
  type Gate,
  gateFeatureNames,
  gateFeatures,
  lacksWhatIsAsked,
  type Ranked,
} from '../src/chain/answer-gate.ts';
import { choose } from '../src/chain/extract-answer.ts';
import { weightsOfE5Small } from '../src/chain/judge-by-features.ts';
import { rank, sentenceFeatures } from '../src/chain/rank-sentences.ts';
import { readable } from '../src/chain/sentence-candidates.ts';
import { sufficiencyOfRanked } from '../src/chain/sufficiency.ts';
import type { FoundPassage } from '../src/passage.ts';
import { readDataset } from './dataset.ts';
import { holdsAnswer } from './generated-pairs.ts';
import { descend, type Example, fitLogistic } from './logistic.ts';
import { auroc } from './measures.ts';
import { readSquad, type Squad, type SquadQuestion, splitByArticle } from './squad.ts';
import {
  type SquadContexts,
  type StrangeContext,
  searchEachArticleWithEmbedded,
  searchSquadWithEmbedded,
} from './squad-search.ts';

/** What is reported is the share told apart where this share of the answerable is lost. */
const lost = 0.02;
/** Values for ABSTAIN_BELOW at which the report says what is turned away; the second is the default. */
const cuts = [0.26, 0.33, 0.4];
const penalty = 5e-4;

type Asked = { asked: SquadQuestion; contexts: SquadContexts };

/** What a question meets: its answer among the passages, or only passages without it, near or far. */
const situations = {
  answered: {
    weight: 1,
    context: ({ asked, contexts }: Asked) => (hasParagraph(asked, contexts.found) ? contexts.found : null),
  },
  'paragraph missing': {
    weight: 0.4,
    context: ({ asked, contexts }: Asked) => (asked.answerable ? contexts.withoutParagraph : null),
  },
  'article missing': {
    weight: 0.5,
    context: ({ asked, contexts }: Asked) => (asked.answerable ? contexts.withoutArticle : null),
  },
  'written to be unanswerable': {
    weight: 0.2,
    context: ({ asked, contexts }: Asked) => (asked.answerable ? null : contexts.found),
  },
  // Short and of everyday words, which any text holds some of; it is asked of each article by itself.
  'everyday question': { weight: 3, context: () => null },
} as const;
type Situation = keyof typeof situations;

const hasParagraph = (asked: SquadQuestion, context: FoundPassage[]) =>
  asked.answerable && context.some(({ source }) => source === String(asked.paragraph));

/**
 * Trains how sentences are ranked: the weights under which the sentences that hold an answer are likeliest, by softmax over
 * all sentences of the context (ListNet: Cao et al., "Learning to Rank", 2007).
 */
function trainRanking(asked: Asked[]): number[] {
  const lists = asked.flatMap(({ asked: question, contexts }) => {
    if (!question.answerable) return [];
    const { sentences } = rank(
      question.question,
      contexts.found,
      sentenceFeatures.map(() => 0),
    );
    const list = sentences.map(({ features, text }) => ({ features, right: holdsAnswer(text, question) }));
    return list.some(({ right }) => right) && list.some(({ right }) => !right) ? [list] : [];
  });
  return descend(
    sentenceFeatures.map(() => 0),
    (weights) => {
      const slopes = weights.map((weight) => penalty * weight);
      for (const list of lists) {
        const scores = list.map(({ features }) =>
          features.reduce((sum, feature, at) => sum + feature * weights[at]!, 0),
        );
        const highest = Math.max(...scores);
        const shares = scores.map((score) => Math.exp(score - highest));
        const whole = shares.reduce((sum, share) => sum + share, 0);
        const rightOnes = list.reduce((sum, { right }, at) => sum + (right ? shares[at]! : 0), 0);
        for (const [at, { features, right }] of list.entries()) {
          const pull = shares[at]! / whole - (right ? shares[at]! / rightOnes : 0);
          for (const [feature, value] of features.entries()) slopes[feature]! += (pull * value) / lists.length;
        }
      }
      return slopes;
    },
  );
}

/** Every situation of every question, ranked with the new weights. */
function situate(asked: Asked[], everyday: StrangeContext[], weights: number[]) {
  const situated = asked.flatMap((each) =>
    (Object.keys(situations) as Situation[]).flatMap((situation) => {
      const context = situations[situation].context(each);
      if (!context) return [];
      const ranked = rank(each.asked.question, context, weights);
      return [{ situation, ranked }];
    }),
  );
  const strange = everyday.map(({ question, context }) => ({
    situation: 'everyday question' as const,
    ranked: rank(question, context, weights),
  }));
  return [...situated, ...strange];
}

/** @param unseen how many of the first features, those of the similarity, the gate must do without */
function trainGate(situated: ReturnType<typeof situate>, unseen: number): Gate {
  const examples = situated.flatMap(({ situation, ranked }): Example[] => {
    if (ranked.sentences.length === 0 || lacksWhatIsAsked(ranked)) return []; // decided before the model is asked
    const features = seen(ranked, unseen);
    return [{ features, right: situation === 'answered', weight: situations[situation].weight }];
  });
  const { weights, bias } = fitLogistic(examples);
  return { weights: weights.map(rounded), bias: rounded(bias) };
}

const seen = (ranked: Ranked, unseen: number) => gateFeatures(ranked).map((value, at) => (at < unseen ? 0 : value));
const rounded = (value: number) => Number(value.toPrecision(5));

/**
 * Trains ranking and gates on some articles, and reports on the others.
 * @param everyday contexts of everyday questions, in the order in which they were asked; every other question is for
 * the report alone
 */
export function trainAnswer(squad: Squad, contexts: SquadContexts[], everyday: StrangeContext[], seed: number) {
  const asked = squad.questions.map((question, at) => ({ asked: question, contexts: contexts[at]! }));
  const { train, test } = splitByArticle(squad, seed);
  const learned = asked.filter((each) => train.has(each.asked.article));
  const held = asked.filter((each) => test.has(each.asked.article));
  const questions = [...new Set(everyday.map(({ question }) => question))];
  const everydayOf = (articles: Set<string>, remainder: 0 | 1) =>
    everyday.filter(({ article, question }) => articles.has(article) && questions.indexOf(question) % 2 === remainder);
  const sentence = trainRanking(learned).map(rounded);
  const situated = situate(learned, everydayOf(train, 0), sentence);
  const gates = { e5Small: trainGate(situated, 0), anyModel: trainGate(situated, 3) };
  const tested = situate(held, everydayOf(test, 1), sentence);
  const lines = [`Held-out articles: ${[...test].join(', ')}`, ...reportAnswers(held, sentence)];
  for (const [name, gate] of Object.entries(gates)) lines.push('', `gate ${name}`, ...reportGate(tested, gate));
  lines.push('', 'sufficiency e5Small', ...reportSufficiency(tested, gates.e5Small));
  return { model: { sentence, gates }, report: `${lines.join('\n')}\n` };
}

const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)}%`;

function reportAnswers(held: Asked[], weights: number[]): string[] {
  const ranked = held.flatMap(({ asked, contexts }) =>
    asked.answerable ? [{ asked, sentences: rank(asked.question, contexts.found, weights).sentences }] : [],
  );
  const lines = [1, 2, 3].map((count) => {
    const right = ranked.filter(({ asked, sentences }) => holds(asked, sentences.slice(0, count)));
    return `${count} best sentences hold an answer   ${percent(right.length, ranked.length)} of ${ranked.length}`;
  });
  const chosen = ranked.map(({ asked, sentences }) => ({ asked, sentences: choose(sentences, 3) }));
  const right = chosen.filter(({ asked, sentences }) => holds(asked, sentences));
  const count = chosen.reduce((sum, { sentences }) => sum + sentences.length, 0) / chosen.length;
  return [...lines, `as chosen (${count.toFixed(2)} sentences)       ${percent(right.length, ranked.length)}`];
}

const holds = (asked: SquadQuestion, sentences: Ranked['sentences']) =>
  holdsAnswer(sentences.map(({ text }) => readable(text)).join(' '), asked);

function reportGate(tested: ReturnType<typeof situate>, gate: Gate): string[] {
  const scored = tested.map(({ situation, ranked }) => ({
    situation,
    right: situation === 'answered',
    lacks: lacksWhatIsAsked(ranked),
    score: answerable(ranked, gate),
  }));
  const answered = scored.flatMap(({ right, score }) => (right ? [score] : [])).sort((one, other) => one - other);
  const cut = answered[Math.floor(lost * answered.length)]!;
  return (Object.keys(situations) as Situation[]).map((situation) => {
    const among = scored.filter((each) => each.situation === situation);
    const abstained = among.filter(({ score }) => score < cut).length;
    const area = auroc(scored.filter((each) => each.right || each.situation === situation));
    const lacking = among.filter(({ lacks }) => lacks).length;
    const told = area === null ? '' : `  AUROC ${area.toFixed(3)}`;
    return `${situation.padEnd(28)} n ${String(among.length).padStart(4)}  abstained ${percent(abstained, among.length)}, for want of what is asked ${percent(lacking, among.length)}${told}`;
  });
}

/** What is turned away by gate and verdict together, which is how an ask is decided, where more or fewer are lost. */
function reportSufficiency(tested: ReturnType<typeof situate>, gate: Gate): string[] {
  const scored = tested.map(({ situation, ranked }) => ({
    situation,
    right: situation === 'answered',
    score: sufficiencyOfRanked(ranked, { gate, weights: weightsOfE5Small }),
  }));
  return (Object.keys(situations) as Situation[]).map((situation) => {
    const among = scored.filter((each) => each.situation === situation);
    const below = cuts.map((cut) => {
      const away = among.filter(({ score }) => score < cut).length;
      return `below ${cut.toFixed(2)} ${percent(away, among.length)}`;
    });
    const area = auroc(scored.filter((each) => each.right || each.situation === situation));
    return `${situation.padEnd(28)} ${below.join(', ')}${area === null ? '' : `  AUROC ${area.toFixed(3)}`}`;
  });
}

/** `npx node evaluation/train-answer.ts --data FOLDER [--seed 1]` writes src/chain/answer-weights.json. */
async function run() {
  const { values } = parseArgs({ options: { data: { type: 'string' }, seed: { type: 'string', default: '1' } } });
  if (!values.data) throw new Error('Say where the SQuAD files are: --data FOLDER');
  const seed = Number(values.seed);
  const squad = readSquad(values.data);
  const asked = readDataset(fileURLToPath(new URL('everyday-questions.jsonl', import.meta.url)));
  if (asked.kind !== 'questions') throw new Error('The everyday questions are no questions.');
  const questions = asked.questions.map(({ question }) => question);
  const everyday = await searchEachArticleWithEmbedded(squad, questions);
  const { model, report } = trainAnswer(squad, await searchSquadWithEmbedded(squad), everyday, seed);
  const madeBy = `npx node evaluation/train-answer.ts --data FOLDER --seed ${seed}`;
  const file = new URL('../src/chain/answer-weights.json', import.meta.url);
  const named = (names: readonly string[], weights: number[]) =>
    Object.fromEntries(names.map((name, at) => [name, weights[at]]));
  const gate = ({ weights, bias }: Gate) => ({ weights: named(gateFeatureNames, weights), bias });
  const sentence = named(sentenceFeatures, model.sentence);
  const gates = { e5Small: gate(model.gates.e5Small), anyModel: gate(model.gates.anyModel) };
  await writeFile(file, `${JSON.stringify({ madeBy, sentence, gates }, null, 2)}\n`);
  process.stdout.write(report);
}

if (import.meta.main) await run();
