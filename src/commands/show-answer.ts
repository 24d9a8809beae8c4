import { styleText } from 'node:util';
import type { Passage } from '../passage.ts';
import type { Answered } from './answerer.ts';

const colours = { Correct: 'green', Incorrect: 'red', Unjudged: 'yellow' } as const;

/** Text from documents and models as a terminal may have it: without what would move its cursor, recolour or rename it. */
export const printable = (text: string) => text.replace(/\p{Cc}/gu, (sign) => (/[\n\t]/.test(sign) ? sign : ''));

const onOneLine = (text: string) => printable(text.replace(/\s+/g, ' '));
const outOf100 = (share: number) => `${Math.round(share * 100)} of 100`;

/**
 * Writes an answer to stdout: on a terminal as it comes, else once it is whole, so that what fails half-way leaves nothing behind.
 */
export function createAnswerWriter() {
  const { stdout } = process;
  let isBegun = false;
  const write = (text: string) => {
    if (text !== '') isBegun = true;
    stdout.write(printable(text));
  };
  return {
    onText: stdout.isTTY ? write : undefined,
    /** Ends the line of an answer that was broken off, where one was begun. */
    breakOff: () => void (isBegun && stdout.write('\n')),
    /** What is still to be written of the answer, then its verdict and what bears it out. */
    finish(answered: Answered) {
      if (!isBegun) write(answered.answer);
      stdout.write(`\n\n${verdictText(answered)}\n`);
    },
  };
}

function verdictText({ verdict, context }: Answered): string {
  const { label, score, reason, evidence } = verdict;
  const word = styleText(['bold', colours[label]], label);
  const lines = [`${word}${score === null ? '' : `, ${outOf100(score)}`}: ${onOneLine(reason)}`];
  for (const { quote, passageId } of evidence) {
    const source = context.find(({ id }) => id === passageId)?.source ?? passageId;
    lines.push(`  “${onOneLine(quote)}” ${styleText('dim', `— ${onOneLine(source)}`)}`);
  }
  return lines.join('\n');
}

/** Writes passages to stdout, each under a line that says which it is. */
export function writePassages(passages: Passage[]) {
  const shown = passages.map(({ rank, source, title, score, text }) => {
    const name = title === source ? onOneLine(source) : `${onOneLine(source)}, “${onOneLine(title)}”`;
    const head = `${rank}. ${name}${rank === 1 ? '' : `, relevance ${outOf100(score)} beside the first`}`;
    return `${styleText('bold', head)}\n${printable(text).trim().replace(/^/gm, '   ')}\n`;
  });
  process.stdout.write(shown.length > 0 ? shown.join('\n') : 'Nothing was found.\n');
}
