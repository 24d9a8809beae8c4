import { styleText } from 'node:util';
import type { Passage } from '../passage.ts';
import type { Answered } from './answerer.ts';
import { printable } from './terminal.ts';

const colours = { Correct: 'green', Incorrect: 'red', Unjudged: 'yellow' } as const;

const onOneLine = (text: string) => printable(text.replace(/\s+/g, ' '));
const outOf100 = (share: number) => `${Math.round(share * 100)} of 100`;

/**
 * Writes an answer to stdout: to a terminal as it comes, otherwise once it is complete, so that a failure half-way leaves nothing behind.
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
    /** Ends the line of an unfinished answer, if any of it was written. */
    breakOff: () => void (isBegun && stdout.write('\n')),
    /** Writes the rest of the answer, its verdict and the evidence. */
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

/** Writes passages to stdout, each under a heading with its rank, its source and its relevance. */
export function writePassages(passages: Passage[]) {
  const shown = passages.map(({ rank, source, title, score, text }) => {
    const name = title === source ? onOneLine(source) : `${onOneLine(source)}, “${onOneLine(title)}”`;
    const head = `${rank}. ${name}${rank === 1 ? '' : `, relevance ${outOf100(score)} compared with the first`}`;
    return `${styleText('bold', head)}\n${printable(text).trim().replace(/^/gm, '   ')}\n`;
  });
  process.stdout.write(shown.length > 0 ? shown.join('\n') : 'Nothing was found.\n');
}
