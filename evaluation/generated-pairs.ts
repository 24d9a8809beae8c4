import { splitSentences } from '../src/sentences.ts';
import { changeName, changeNumber, negate, spanType, statement } from './altered-answers.ts';
import { seededRandom, shuffled } from './seeded.ts';
import type { Squad, SquadQuestion } from './squad.ts';

export const generatedRightKinds = ['right span', 'right sentence', 'right statement'] as const;
export const generatedWrongKinds = [
  'span of the same paragraph',
  'answer to another question',
  'statement with another span',
  'sentence with another span',
  'another sentence of the paragraph',
  'number or date changed',
  'name changed',
  'negated',
  'from memory',
  'answer from elsewhere',
  'plausible, unanswerable',
] as const;
export type GeneratedKind = (typeof generatedRightKinds)[number] | (typeof generatedWrongKinds)[number];

/** An answer to a question of a set (by its number there), and whether it is right by the question's paragraph. */
export type GeneratedPair = { asked: number; answer: string; right: boolean; kind: GeneratedKind };

/** Of the questions that allow a wrong answer of this kind, the share that gets one; the others get one each. */
const shares: Partial<Record<GeneratedKind, number>> = {
  'right statement': 0.5,
  'statement with another span': 0.5,
  'sentence with another span': 0.5,
  'another sentence of the paragraph': 0.5,
  'answer to another question': 0.5,
  'answer from elsewhere': 0.5,
  'number or date changed': 0.7,
  'name changed': 0.6,
  negated: 0.4,
  'from memory': 0.6,
};

/**
 * Makes right and wrong answers to the questions of a set: spans, whole sentences and restated questions, right ones and
 * ones that are wrong in each way in which an answer goes wrong, so that no cheap trick tells them apart. The same seed makes
 * the same pairs.
 */
export function generatePairs(squad: Squad, seed: number): GeneratedPair[] {
  const random = seededRandom(seed);
  const ofParagraph = Map.groupBy(squad.questions, ({ paragraph }) => paragraph);
  const anyQuestion = () => squad.questions[Math.floor(random() * squad.questions.length)]!;
  const spansOfOtherArticles = (article: string) =>
    Array.from({ length: 12 }, anyQuestion).flatMap((other) =>
      other.article !== article && other.answers[0] ? [other.answers[0].text] : [],
    );
  return squad.questions.flatMap((asked, number) => {
    const pairs: GeneratedPair[] = [];
    const add = (kind: GeneratedKind, answer: string | null | undefined) => {
      const right = (generatedRightKinds as readonly string[]).includes(kind);
      if (random() < (shares[kind] ?? 1) && answer) pairs.push({ asked: number, answer, right, kind });
    };
    if (!asked.answerable) {
      add('plausible, unanswerable', asked.plausible[0]?.text);
      return pairs;
    }
    const text = squad.paragraphs[asked.paragraph]!.text;
    const siblings = ofParagraph.get(asked.paragraph)!;
    const truth = asked.answers[0]!;
    const others = otherSpans(asked, text, siblings, random);
    const sameType = others.filter((span) => spanType(span) === spanType(truth.text));
    const sentence = sentenceOf(text, truth);
    const restated = statement(asked.question, truth.text);
    const [first, second] = random() < 0.5 ? [sentence, restated] : [restated, sentence];
    const strangers = shuffled([...spansOfOtherArticles(asked.article), ...others], random);

    add('right span', truth.text);
    add('right sentence', sentence);
    add('right statement', restated);
    add('span of the same paragraph', sameType[0]);
    add('answer to another question', answerOfSibling(asked, siblings, random));
    add('statement with another span', sameType[0] && statement(asked.question, sameType[0]));
    add('sentence with another span', sentence && withAnotherSpan(sentence, truth.text, sameType));
    add('another sentence of the paragraph', anotherSentence(text, asked, random));
    const forms = random() < 0.5 ? [truth.text, first, second] : [first, second];
    add(
      'number or date changed',
      firstChanged(forms, (form) => changeNumber(form, random)),
    );
    add(
      'name changed',
      firstChanged([sentence, restated], (form) => changeName(form, strangers, random)),
    );
    add('negated', firstChanged([first, second], negate));
    const memory = strangers.find(
      (span) =>
        spanType(span) === spanType(truth.text) &&
        !overlapsTruth(span, asked) &&
        !text.toLowerCase().includes(span.toLowerCase()),
    );
    add('from memory', memory && (random() < 0.5 ? memory : statement(asked.question, memory)));
    const stranger = anyQuestion();
    add('answer from elsewhere', stranger.article === asked.article ? null : stranger.answers[0]?.text);
    return pairs;
  });
}

/** Whether a text holds one of the right answers, word for word but for case. */
export function holdsAnswer(text: string, { answers }: SquadQuestion): boolean {
  const lower = text.toLowerCase();
  return answers.some((answer) => lower.includes(answer.text.toLowerCase()));
}

/** The sentence that holds a span whole; empty where the span runs over its end. */
function sentenceOf(text: string, span: { text: string; start: number }): string {
  const found = splitSentences(text).find(
    ({ start, end }) => start <= span.start && span.start + span.text.length <= end,
  );
  return found ? text.slice(found.start, found.end) : '';
}

function anotherSentence(text: string, asked: SquadQuestion, random: () => number): string | undefined {
  return shuffled(splitSentences(text), random)
    .map(({ start, end }) => text.slice(start, end))
    .find((other) => !holdsAnswer(other, asked));
}

function answerOfSibling(asked: SquadQuestion, siblings: SquadQuestion[], random: () => number): string | undefined {
  return shuffled(siblings, random)
    .flatMap(({ answers }) => answers[0]?.text ?? [])
    .find((answer) => !overlapsTruth(answer, asked));
}

function withAnotherSpan(sentence: string, truth: string, spans: string[]): string | null {
  const rest = sentence.replace(truth, () => '');
  const stranger = spans.find((span) => !rest.includes(span));
  return stranger ? sentence.replace(truth, () => stranger) : null;
}

/** The first of the forms in which the change can be made, changed. */
function firstChanged(forms: string[], change: (form: string) => string | null): string | null {
  for (const form of forms) {
    const changed = form === '' ? null : change(form);
    if (changed) return changed;
  }
  return null;
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
