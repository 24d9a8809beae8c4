import { choose } from '../src/chain/extract-answer.ts';
import { rankSentences } from '../src/chain/rank-sentences.ts';
import { readable } from '../src/chain/sentence-candidates.ts';
import type { FoundPassage } from '../src/passage.ts';
import { splitSentences } from '../src/sentences.ts';
import { seededRandom, shuffled } from './seeded.ts';
import type { Squad, SquadQuestion } from './squad.ts';
import type { SquadContexts } from './squad-search.ts';

export const rightKinds = ['right span', 'right sentence', 'right statement', 'our right answer'] as const;
export const wrongKinds = [
  'span of the same paragraph',
  'answer to another question',
  'statement with another span',
  'sentence with another span',
  'another sentence of the paragraph',
  'answer from elsewhere',
  'plausible, unanswerable',
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

/** Makes right and wrong answers of every kind to the questions of a set; the same seed makes the same pairs. */
export function makePairs(squad: Squad, contexts: SquadContexts[], seed: number): Pair[] {
  const random = seededRandom(seed);
  const ofParagraph = Map.groupBy(squad.questions, ({ paragraph }) => paragraph);
  return squad.questions.flatMap((asked, at) => {
    const pairs: Pair[] = [];
    const add = (kind: PairKind, answer: string | undefined, context: FoundPassage[]) => {
      const right = (rightKinds as readonly string[]).includes(kind);
      if (answer) pairs.push({ question: asked.question, answer, context, right, kind, article: asked.article });
    };
    const { found, withParagraph, withoutParagraph } = contexts[at]!;
    const ours = ourAnswer(asked.question, found);
    if (!asked.answerable) {
      add('plausible, unanswerable', asked.plausible[0]?.text, withParagraph);
      if (random() < 0.5) add('our answer, unanswerable', ours, found);
      return pairs;
    }
    const text = squad.paragraphs[asked.paragraph]!.text;
    const truth = asked.answers[0]!;
    const others = otherSpans(asked, text, ofParagraph.get(asked.paragraph)!, random);
    const sameType = others.filter((span) => spanType(span) === spanType(truth.text));
    const sentence = splitSentences(text).find(({ start, end }) => start <= truth.start && truth.start < end);
    add('right span', truth.text, withParagraph);
    if (random() < 0.5) add('right statement', statement(asked.question, truth.text), withParagraph);
    if (random() < 0.5 && sameType[0])
      add('statement with another span', statement(asked.question, sameType[0]), withParagraph);
    const elsewhere = shuffled(splitSentences(text), random)
      .map(({ start, end }) => text.slice(start, end))
      .find((other) => !holdsAnswer(other, asked));
    if (random() < 0.5) add('another sentence of the paragraph', elsewhere, withParagraph);
    const missed = ourAnswer(asked.question, withoutParagraph);
    if (random() < 0.5 && !holdsAnswer(missed, asked)) add('our answer, paragraph missing', missed, withoutParagraph);
    if (sentence && truth.start + truth.text.length <= sentence.end) {
      add('right sentence', text.slice(sentence.start, sentence.end), withParagraph);
      const [before, after] = [
        text.slice(sentence.start, truth.start),
        text.slice(truth.start + truth.text.length, sentence.end),
      ];
      const stranger = sameType.find((span) => !before.includes(span) && !after.includes(span));
      if (stranger && random() < 0.5) add('sentence with another span', before + stranger + after, withParagraph);
    }
    add(holdsAnswer(ours, asked) ? 'our right answer' : 'our wrong answer', ours, found);
    add('span of the same paragraph', sameType[0], withParagraph);
    const another = shuffled(ofParagraph.get(asked.paragraph)!, random)
      .flatMap(({ answers }) => answers[0]?.text ?? [])
      .find((answer) => !overlapsTruth(answer, asked));
    if (random() < 0.5) add('answer to another question', another, withParagraph);
    const stranger = squad.questions[Math.floor(random() * squad.questions.length)]!;
    if (random() < 0.5 && stranger.article !== asked.article)
      add('answer from elsewhere', stranger.answers[0]?.text, withParagraph);
    return pairs;
  });
}

const ourAnswer = (question: string, context: FoundPassage[]) =>
  choose(rankSentences(question, context).sentences, 3)
    .map(({ text }) => readable(text))
    .join(' ');

/** A stand-in for a model's full sentence: the question's words restated with the answer, not word for word as in the text. */
function statement(question: string, answer: string): string {
  const said = question.replace(
    /^(?:in |on |at |to |by |for )?(?:what|which|who|whom|when|where|why|how(?: many| much)?)\s+/i,
    '',
  );
  return `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/[\s?]+$/, '')} ${answer}.`;
}

/** Whether a text holds one of the right answers, word for word but for case. */
export function holdsAnswer(text: string, { answers }: SquadQuestion): boolean {
  const lower = text.toLowerCase();
  return answers.some((answer) => lower.includes(answer.text.toLowerCase()));
}

function overlapsTruth(span: string, { answers }: SquadQuestion): boolean {
  const words = new Set(span.toLowerCase().match(/[\p{L}\p{N}]{3,}|\p{N}+/gu));
  return answers.some(({ text }) =>
    (text.toLowerCase().match(/[\p{L}\p{N}]{3,}|\p{N}+/gu) ?? []).some((word) => words.has(word)),
  );
}

/** Other spans of the paragraph: answers to its other questions, names, numbers; none that shares a word with the truth. */
function otherSpans(asked: SquadQuestion, text: string, questions: SquadQuestion[], random: () => number): string[] {
  const answers = questions.flatMap(({ answers, plausible }) =>
    [...answers, ...plausible].slice(0, 1).map((span) => span.text),
  );
  const names = text.match(/(?<=[\p{Ll},] )\p{Lu}[\p{L}-]+(?: (?:of |the )?\p{Lu}[\p{L}-]+)*/gu) ?? [];
  const numbers = text.match(/\b\p{N}+(?:[.,]\p{N}+)*(?: (?:percent|million|years|%))?/gu) ?? [];
  const asks = asked.question.toLowerCase();
  const fresh = [...new Set([...answers, ...names, ...numbers])].filter(
    (span) => !overlapsTruth(span, asked) && !asks.includes(span.toLowerCase()),
  );
  return shuffled(fresh, random);
}

/** The rough kind of a span: a year or date, a number, a name, another phrase. */
function spanType(span: string): 'time' | 'number' | 'name' | 'phrase' {
  if (/\b1\d{3}\b|\b20\d{2}\b|\b\p{Lu}\p{Ll}+ \d{1,2}\b|century/u.test(span)) return 'time';
  if (/\p{N}/u.test(span) || /^(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\b/i.test(span))
    return 'number';
  return /^(?:the )?\p{Lu}/u.test(span) ? 'name' : 'phrase';
}
