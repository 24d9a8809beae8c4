import { createInterface } from 'node:readline/promises';
import type { Turn } from '../chain/in-conversation.ts';
import { AppError } from '../errors.ts';
import { type Answered, type Answerer, openAnswerer } from './answerer.ts';
import { type AskOptions, readQuery } from './ask.ts';
import { createAnswerWriter, writePassages } from './show-answer.ts';
import { tell } from './terminal.ts';

const help = `  /sources  show the passages behind the last answer
  /help     show this help
  /quit     quit, as Ctrl-D does; Ctrl-C cancels the question under way
`;
/** How many turns are kept: more than any prompt shows. */
const turnsKept = 100;

/**
 * `assay chat`: answers questions line by line, each with a verdict; a question may refer to those before. It ends with its input; the exit
 * code is 1 if a question got no answer, other than by Ctrl-C.
 */
export async function chat(options: Omit<AskOptions, 'json'>) {
  readQuery({ question: 'any', collection: options.collection });
  const answerer = await openAnswerer(options.server);
  try {
    await converse(answerer, options.collection);
  } finally {
    await answerer.close();
  }
}

async function converse(answerer: Answerer, collection: string) {
  const { stdin, stdout } = process;
  const onTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const lines = createInterface({
    input: stdin,
    ...(onTerminal && { output: stdout }),
    terminal: onTerminal,
    prompt: '> ',
  });
  const history: Turn[] = [];
  let last: Answered | undefined;
  let underWay: AbortController | undefined;

  const interrupt = () => {
    if (underWay) return underWay.abort();
    if (!onTerminal) return lines.close();
    // Discard what has been typed, as a shell does.
    stdout.write('\n');
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    lines.prompt();
  };
  lines.on('SIGINT', interrupt);
  process.on('SIGINT', interrupt);

  async function answer(line: string) {
    underWay = new AbortController();
    const writer = createAnswerWriter();
    try {
      const { question } = readQuery({ question: line, collection });
      const onText = writer.onText && { onText: writer.onText };
      last = await answerer.answer({ question, collection, history, signal: underWay.signal, ...onText });
      writer.finish(last);
      history.push({ role: 'user', text: question }, { role: 'assistant', text: last.answer });
      history.splice(0, history.length - turnsKept);
    } catch (error) {
      writer.breakOff();
      if (!(error instanceof AppError)) throw error;
      tell(error.code === 'CLIENT_GONE' ? 'Cancelled.' : error.message);
      if (error.code !== 'CLIENT_GONE') process.exitCode = 1;
    } finally {
      underWay = undefined;
    }
  }

  /** Carries out a line. @returns false where it says to quit */
  async function carryOut(line: string): Promise<boolean> {
    if (line === '/quit') return false;
    if (line === '/help') stdout.write(help);
    else if (line === '/sources') writePassages(last?.context ?? []);
    else if (/^\/\w+$/.test(line)) tell(`There is no ${line}; /help lists what there is.`);
    else if (line !== '') await answer(line);
    return true;
  }

  let isClosed = false; // as by Ctrl-D while an answer is written
  lines.once('close', () => {
    isClosed = true;
  });
  const prompt = () => onTerminal && !isClosed && lines.prompt();
  try {
    if (onTerminal) tell(`Ask about the documents in ${collection}. /help lists the commands; Ctrl-D quits.`);
    prompt();
    for await (const line of lines) {
      if (!(await carryOut(line.trim()))) break;
      stdout.write('\n');
      prompt();
    }
  } finally {
    process.off('SIGINT', interrupt);
    lines.close();
  }
}
