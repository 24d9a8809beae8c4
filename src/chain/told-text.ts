import { mayAbstain } from './abstention.ts';
import { wellFormed } from './thinking.ts';

const tag = /<(\/?)think(?:ing)?>/i;
/** The beginning of a tag, which may become whole, and the longest such beginning. */
const halfTag = /<\/?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?$/i;
const longestHalfTag = '</thinking'.length;

/**
 * For readers who can't take back what they were told: the text of an answer as its tokens come in, without what the finished
 * answer won't hold (thinking, white space around it), and nothing as long as it may still turn out to be an abstention, whose
 * words are others in the end. What a token costs doesn't depend on how many came before it.
 *
 * Where it can't be known yet what the finished answer holds, nothing more is told until it is finished: behind a tag that may
 * only be mentioned (`withoutThinking`), and behind one that makes thinking of what was told.
 */
export function createToldText() {
  let told = '';
  /** The end of what came in that may be the beginning of a tag. */
  let half = '';
  /** What is no thinking but can't be told yet: white space at the end, or all of it as long as it may abstain. */
  let held = '';
  let isThinking = false;
  let isInDoubt = false;
  /** What tells whether a tag is mentioned: whether there was any sign of code before it, and the character before it. */
  let hasCode = false;
  let last = '';

  function read(text: string): void {
    if (isThinking || text === '') return;
    held += text;
    hasCode ||= text.includes('`');
    last = text.at(-1)!;
  }
  function readTag(closes: boolean): void {
    if (isThinking) isThinking = !closes;
    else {
      isInDoubt = hasCode || /["'“‘]/.test(last) || (closes && told !== '');
      isThinking = !closes;
      if (closes) held = last = '';
    }
  }
  function tell(): string {
    if (told === '') {
      held = held.trimStart();
      if (mayAbstain(held.trimEnd())) return '';
    }
    const more = held.trimEnd();
    held = held.slice(more.length);
    told += more;
    return more;
  }
  return {
    /** What may be told after one more token; often nothing. */
    add(token: string): string {
      if (isInDoubt) return '';
      let rest = half + token;
      for (let found = tag.exec(rest); found && !isInDoubt; found = tag.exec(rest)) {
        read(rest.slice(0, found.index));
        readTag(found[1] === '/');
        rest = rest.slice(found.index + found[0].length);
      }
      half = halfTag.exec(rest.slice(-longestHalfTag))?.[0] ?? '';
      if (!isInDoubt) read(rest.slice(0, rest.length - half.length));
      return tell();
    },
    /** What is still to be told once the answer is finished. */
    finish(answer: string): string {
      const more = answer.startsWith(wellFormed(told)) ? answer.slice(told.length) : `\n\n${answer}`;
      told = answer;
      return more;
    },
  };
}
