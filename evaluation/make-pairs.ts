import { parseArgs } from 'node:util';
import { type GeneratedPair, generatePairs } from './generated-pairs.ts';
import { seededRandom, shuffled } from './seeded.ts';
import { readSquad, type Squad, splitByArticle } from './squad.ts';

/** A paragraph gives at most this many pairs, half of them right where there are enough of both. */
const mostOfParagraph = 8;

/**
 * Of generated pairs, `count` from as many paragraphs as it takes, those of a paragraph one after another: a model server
 * that remembers the beginning of a prompt then reads each paragraph once.
 */
export function choosePairs(squad: Squad, pairs: GeneratedPair[], count: number, seed: number): GeneratedPair[] {
  const random = seededRandom(seed);
  const ofParagraph = Map.groupBy(pairs, ({ asked }) => squad.questions[asked]!.paragraph);
  const chosen: GeneratedPair[] = [];
  for (const paragraph of shuffled([...ofParagraph.keys()], random)) {
    if (chosen.length >= count) break;
    const mixed = shuffled(ofParagraph.get(paragraph)!, random);
    const right = mixed.filter((pair) => pair.right).slice(0, mostOfParagraph / 2);
    const wrong = mixed.filter((pair) => !pair.right).slice(0, mostOfParagraph / 2);
    chosen.push(...[...right, ...wrong].sort((one, other) => one.asked - other.asked));
  }
  return chosen.slice(0, count);
}

/**
 * `npx node evaluation/make-pairs.ts --data FOLDER [--articles held-out|tuned|all] [--pairs 600] [--seed 1]` prints JSON lines of
 * (question, context, answer, label), such as `assay evaluate` reads. `held-out` are the articles that no weights were
 * trained on.
 */
function run() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      articles: { type: 'string', default: 'held-out' },
      pairs: { type: 'string', default: '600' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (!values.data) throw new Error('Say where the SQuAD files are: --data FOLDER');
  const squad = readSquad(values.data);
  const { train, test } = splitByArticle(squad, 1);
  const wanted = (article: string) =>
    values.articles === 'all' || (values.articles === 'tuned' ? train : test).has(article);
  const seed = Number(values.seed);
  const generated = generatePairs(squad, seed).filter(({ asked }) => wanted(squad.questions[asked]!.article));
  for (const { asked, answer, right, kind } of choosePairs(squad, generated, Number(values.pairs), seed)) {
    const { question, paragraph, article } = squad.questions[asked]!;
    const context = squad.paragraphs[paragraph]!.text;
    const label = right ? 'Correct' : 'Incorrect';
    process.stdout.write(
      `${JSON.stringify({ question, context, answer, label, kind, group: article, title: article })}\n`,
    );
  }
}

if (import.meta.main) run();
