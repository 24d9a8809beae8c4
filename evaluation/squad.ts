import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AskRequest } from '../src/chain/reply.ts';
import { AppError } from '../src/errors.ts';
import { seededRandom, shuffled } from './seeded.ts';

const Span = z.object({ text: z.string(), answer_start: z.number() });
const SquadFile = z.object({
  data: z.array(
    z.object({
      title: z.string(),
      paragraphs: z.array(
        z.object({
          context: z.string(),
          qas: z
            .array(
              z.object({
                question: z.string(),
                is_impossible: z.boolean().default(false),
                answers: z.array(Span).default([]),
                plausible_answers: z.array(Span).default([]),
              }),
            )
            .default([]),
        }),
      ),
    }),
  ),
});

/** A question with its right answers; one that its paragraph can't answer has none, but plausible wrong ones. */
export type SquadQuestion = {
  question: string;
  article: string;
  /** The number of its paragraph. */
  paragraph: number;
  answers: { text: string; start: number }[];
  plausible: { text: string; start: number }[];
  answerable: boolean;
};

export type Squad = { paragraphs: { article: string; text: string }[]; questions: SquadQuestion[] };

const ofLines = '(A file of JSON lines must not be named .json.)';

/**
 * Reads a file, or all files of a folder, in the format of SQuAD 2.0 (Rajpurkar, Jia and Liang, "Know What You Don't Know",
 * 2018). Questions that are neither answered nor marked as unanswerable are left out, and so are those that an ask would not
 * take (empty or too long); their paragraphs still distract.
 * @throws AppError BAD_INPUT where a file is no JSON, or none holds a question
 */
export function readSquad(path: string): Squad {
  const squad: Squad = { paragraphs: [], questions: [] };
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(path, name))
    : [path];
  for (const file of files) {
    const read = SquadFile.safeParse(parseFile(file));
    if (!read.success) continue;
    for (const { title, paragraphs } of read.data.data)
      for (const { context, qas } of paragraphs) {
        const paragraph = squad.paragraphs.length;
        const article = title.replaceAll('_', ' ');
        squad.paragraphs.push({ article, text: context });
        for (const { question, is_impossible, answers, plausible_answers } of qas) {
          if (answers.length === 0 && !is_impossible) continue;
          if (!AskRequest.shape.question.safeParse(question).success) continue;
          const toSpan = ({ text, answer_start: start }: z.infer<typeof Span>) => ({ text, start });
          const spans = { answers: answers.map(toSpan), plausible: plausible_answers.map(toSpan) };
          squad.questions.push({ question, article, paragraph, answerable: !is_impossible, ...spans });
        }
      }
  }
  if (squad.questions.length === 0)
    throw new AppError('BAD_INPUT', `The data set holds no question in the format of SQuAD. ${ofLines}`);
  return squad;
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new AppError('BAD_INPUT', `The data set's file ${basename(file)} is no JSON. ${ofLines}`, { cause });
  }
}

/** Splits by article, so that nothing of what is reported on was seen: five of eight articles to train on, the rest to test. */
export function splitByArticle(squad: Squad, seed: number): { train: Set<string>; test: Set<string> } {
  const articles = [...new Set(squad.questions.map(({ article }) => article))].sort();
  const mixed = shuffled(articles, seededRandom(seed));
  const cut = Math.max(1, Math.round((mixed.length * 5) / 8));
  return { train: new Set(mixed.slice(0, cut)), test: new Set(mixed.slice(cut)) };
}
