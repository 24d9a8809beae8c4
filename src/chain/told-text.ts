import { mayAbstain } from './abstention.ts';
import { wellFormed } from './thinking.ts';
import { anyTag, closingTags, dialectOf, halfTagOf } from './thinking-tags.ts';

const tag = new RegExp(anyTag);

/**
 * Streams an answer to readers who can't take back what they have shown: gives its text as tokens come in, without what
 * the finished answer won't hold (thinking, white space around it), and nothing while the text may still turn out to be
 * an abstention, which is put into other words in the end. The cost of a token doesn't depend on how many came before.
 *
 * Where it can't be known yet what the finished answer will hold, nothing more is told until it is finished: after a
 * tag that may only be mentioned (`withoutThinking`), and after a closing tag that makes thinking of what was told
 * already.
 */
export function createToldText() {
  let told = '';
  /** The end of the text so far, where it may be the beginning of a tag. */
  let half = '';
  /** Text of the answer that can't be told yet: white space at its end, or all of it while it may be an abstention. */
  let held = '';
  /** Whether anything but white space came since it was last decided what can be told. */
  let isMore = false;
  /** The dialect of the thinking that is under way, if any. */
  let thinkingIn: number | null = null;
  let isInDoubt = false;
  /** What shows that a tag is only mentioned: a backtick anywhere before it, or a quotation mark right before it. */
  let hasCode = false;
  let last = '';

  function read(text: string): void {
    if (text === '') return;
    held += text;
    isMore ||= text.trim() !== '';
    hasCode ||= text.includes('`');
    last = text.at(-1)!;
  }
  function readTag(opened: number | null): void {
    isInDoubt = hasCode || /["'“‘]/.test(last) || (opened === null && told !== '');
    thinkingIn = opened;
    if (opened === null) held = last = '';
  }
  /** Reads a text up to its last whole tag; returns the rest, which may begin another. */
  function readAll(text: string): string {
    let rest = text;
    while (!isInDoubt) {
      const found = nextOf(rest, thinkingIn);
      if (!found) break;
      if (thinkingIn === null) {
        read(rest.slice(0, found.index));
        readTag(dialectOf(found));
      } else thinkingIn = null;
      rest = rest.slice(found.index + found[0].length);
    }
    return rest;
  }
  function tell(): string {
    if (!isMore) return ''; // as while a model thinks; and without a look at white space without end
    isMore = false;
    if (told === '') held = held.trimStart();
    const more = held.trimEnd();
    if (told === '' && mayAbstain(more)) return '';
    held = held.slice(more.length);
    told += more;
    return more;
  }
  return {
    /** What may be told after one more token; often nothing. */
    add(token: string): string {
      if (isInDoubt) return '';
      const rest = readAll(half + token);
      half = halfTagOf(rest);
      if (!isInDoubt && thinkingIn === null) read(rest.slice(0, rest.length - half.length));
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

/** The next tag, or the one that closes the thinking that has begun. */
function nextOf(text: string, thinkingIn: number | null): RegExpExecArray | null {
  if (thinkingIn === null) return tag.exec(text);
  const closing = closingTags[thinkingIn]!;
  closing.lastIndex = 0;
  return closing.exec(text);
}
