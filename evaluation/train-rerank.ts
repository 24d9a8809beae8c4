import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { FoundPassage } from '../src/passage.ts';
import { featuresOfPassages, rerankedPassages, rerankFeatures } from '../src/ranking/rerank.ts';
import { descend } from './logistic.ts';
import { seededRandom, shuffled } from './seeded.ts';
import { readSquad, type Squad } from './squad.ts';
import { searchSquadWithEmbedded } from './squad-search.ts';

const penalty = 5e-4;
/** Articles are dealt into so many parts; each is reported on with weights that were trained on the others. */
const parts = 4;

type List = { article: string; features: Float64Array[]; right: number };

/** What is taken away, to see what it gives. */
const ablations: Record<string, readonly (typeof rerankFeatures)[number][]> = {
  'without the words of one or two sentences': [
    'words in one sentence',
    'words in two sentences',
    'beginnings of words in two sentences',
    'best of both',
    'similarity where the words are',
  ],
  'without order and nearness of words': ['neighbours stay neighbours', 'words within reach'],
  'without further windows': ['second nearest window', 'three nearest windows'],
  'without names and length': ['names missing', 'length'],
};

/** One list for each question that has an answer: the features of what was found, and which of it is the right paragraph. */
function toLists(squad: Squad, rankings: FoundPassage[][]): List[] {
  return squad.questions.flatMap(({ question, article, paragraph, answerable }, at): List[] => {
    if (!answerable) return [];
    const found = rankings[at]!.slice(0, rerankedPassages);
    const features = featuresOfPassages(question, found).map((values) => Float64Array.from(values));
    return [{ article, features, right: found.findIndex(({ source }) => source === String(paragraph)) }];
  });
}

/** The weights under which the right passages are likeliest, by softmax over what was found; only of the features in `used`. */
function train(lists: List[], used: boolean[]): number[] {
  const among = lists.filter(({ right }) => right >= 0);
  return descend(
    rerankFeatures.map(() => 0),
    (weights) => {
      const slopes = weights.map((weight) => penalty * weight);
      for (const { features, right } of among) {
        const scores = features.map((values) => scoreOf(values, weights));
        const highest = Math.max(...scores);
        const shares = scores.map((score) => Math.exp(score - highest));
        const whole = shares.reduce((sum, share) => sum + share, 0);
        for (const [at, values] of features.entries()) {
          const pull = (shares[at]! / whole - Number(at === right)) / among.length;
          for (let feature = 0; feature < values.length; feature += 1) slopes[feature]! += pull * values[feature]!;
        }
      }
      return slopes.map((slope, feature) => (used[feature] ? slope : 0));
    },
  );
}

function scoreOf(values: Float64Array, weights: number[]): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]! * weights[at]!;
  return sum;
}

/** Shares of questions whose paragraph is the first, or among the first three or five, and the mean reciprocal rank. */
function measure(places: number[]) {
  const within = (count: number) => places.filter((place) => place >= 0 && place < count).length / places.length;
  const reciprocal = places.reduce((sum, place) => sum + (place < 0 ? 0 : 1 / (place + 1)), 0) / places.length;
  return [within(1), within(3), within(5), reciprocal];
}

/** Every list's place of the right one under weights that never saw its article. */
function crossValidate(lists: List[], partOf: Map<string, number>, used: boolean[]): number[] {
  return Array.from({ length: parts }, (_, part) => {
    const weights = train(
      lists.filter(({ article }) => partOf.get(article) !== part),
      used,
    );
    return lists
      .filter(({ article }) => partOf.get(article) === part)
      .map(({ features, right }) => {
        if (right < 0) return -1;
        const own = scoreOf(features[right]!, weights);
        return features.filter((values, at) => at !== right && scoreOf(values, weights) > own).length;
      });
  }).flat();
}

/** Trains the re-ranking on a set, and reports what it and each kind of feature gives, on articles kept out. */
export function trainRerank(squad: Squad, rankings: FoundPassage[][], seed: number) {
  const lists = toLists(squad, rankings);
  const articles = shuffled([...new Set(lists.map(({ article }) => article))].sort(), seededRandom(seed));
  const partOf = new Map(articles.map((article, at) => [article, at % parts]));
  const all = rerankFeatures.map(() => true);
  const rows: [string, number[]][] = [
    ['search alone', measure(lists.map(({ right }) => right))],
    ['re-ranked', measure(crossValidate(lists, partOf, all))],
  ];
  for (const [name, missing] of Object.entries(ablations)) {
    const used = rerankFeatures.map((feature) => !missing.includes(feature));
    rows.push([name, measure(crossValidate(lists, partOf, used))]);
  }
  const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
  const report = [
    `${lists.length} questions, ${squad.paragraphs.length} paragraphs; each article re-ranked by weights trained on others`,
    '',
    '| | first | first three | first five | mean reciprocal rank |',
    '|---|---:|---:|---:|---:|',
    ...rows.map(
      ([name, [one, three, five, reciprocal]]) =>
        `| ${name} | ${percent(one!)} | ${percent(three!)} | ${percent(five!)} | ${reciprocal!.toFixed(3)} |`,
    ),
  ].join('\n');
  return { weights: train(lists, all), report: `${report}\n` };
}

/** `npx node evaluation/train-rerank.ts --data FOLDER [--seed 1]` writes src/ranking/rerank-weights.json. */
async function run() {
  const { values } = parseArgs({ options: { data: { type: 'string' }, seed: { type: 'string', default: '1' } } });
  if (!values.data) throw new Error('Say where the SQuAD files are: --data FOLDER');
  const seed = Number(values.seed);
  const squad = readSquad(values.data);
  const rankings = (await searchSquadWithEmbedded(squad)).map(({ ranking }) => ranking);
  const { weights, report } = trainRerank(squad, rankings, seed);
  const madeBy = `npx node evaluation/train-rerank.ts --data FOLDER --seed ${seed}`;
  const features = Object.fromEntries(rerankFeatures.map((name, at) => [name, Number(weights[at]!.toPrecision(5))]));
  const file = new URL('../src/ranking/rerank-weights.json', import.meta.url);
  await writeFile(file, `${JSON.stringify({ madeBy, features }, null, 2)}\n`);
  process.stdout.write(report);
}

if (import.meta.main) await run();
