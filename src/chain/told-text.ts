import { mayAbstain } from './abstention.ts';

const thinking = /<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/gi;
/** The beginning of a tag, which may become that of a thinking block. */
const halfTag = /<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?$/i;

/**
 * For readers who can't take back what they were told: the text of an answer as its tokens come in, without what the finished
 * answer won't hold (thinking, white space around it), and nothing as long as it may still turn out to be an abstention, whose
 * words are others in the end.
 */
export function createToldText() {
  let raw = '';
  let told = '';
  const take = (text: string) => {
    const more = text.startsWith(told) ? text.slice(told.length) : `\n\n${text}`;
    told = text;
    return more;
  };
  return {
    /** What may be told after one more token; often nothing. */
    add(token: string): string {
      raw += token;
      const text = raw.replace(thinking, '').replace(halfTag, '').trim();
      // Text that was told and then proves to be none is set right at the end.
      return mayAbstain(text) || !text.startsWith(told) ? '' : take(text);
    },
    /** What is still to be told once the answer is finished. */
    finish: (answer: string): string => take(answer),
  };
}
