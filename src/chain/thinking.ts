import { anyTag, closingTags, dialectOf, tagPattern } from './thinking-tags.ts';

const code = /^[ \t]*```[\s\S]*?^[ \t]*```|`[^`\n]*`/.source;
const quotedTag = `["'“‘](?:${tagPattern})\\\\?["'”’]`;
/** In the text of an answer: code and quoted tags, which are only mentioned, or a tag. */
const marks = new RegExp(`${code}|${quotedTag}|${anyTag}`, 'gm');

/**
 * A model's reply without the thinking that some models write before it, and without white space around it; empty where nothing
 * else came. Linear in the reply's length.
 *
 * - What stands between `<think>` and the next `</think>` is thinking; so it is between the tags of other models (`dialects`), and
 *   each is closed by its own.
 * - All that stands before a `</think>` that nothing opened is thinking: many chat templates open it themselves.
 * - From a `<think>` on that nothing closes all is thinking; but within a sentence that goes on behind it ("They put <think> first.") it is
 *   a word like others.
 * - Within Markdown code, or directly between quotation marks, a tag is only mentioned, and stays.
 */
export function withoutThinking(reply: string): string {
  let answer = '';
  let from = 0;
  /** What nothing closes, nothing closes further on. */
  const unclosed = new Set<number>();
  marks.lastIndex = 0;
  for (let found = marks.exec(reply); found; found = marks.exec(reply)) {
    const before = reply.slice(from, found.index);
    const opened = dialectOf(found);
    if (opened !== null) {
      const closing = closingTags[opened]!;
      closing.lastIndex = marks.lastIndex;
      const isClosed = !unclosed.has(opened) && closing.test(reply);
      if (!isClosed) unclosed.add(opened);
      if (!isClosed && !mayOpen(before, reply[marks.lastIndex])) continue;
      answer += before;
      if (!isClosed) return answer.trim();
      marks.lastIndex = closing.lastIndex;
    } else if (found.groups!.closes) answer = '';
    else continue;
    from = marks.lastIndex;
  }
  return (answer + reply.slice(from)).trim();
}

/** Whether thinking begins between two texts: on a new line, after the end of a sentence, or where no sentence goes on. */
function mayOpen(before: string, next = ' '): boolean {
  const said = before.trimEnd();
  const goesOn = said !== '' && !before.includes('\n', said.length) && /[^.!?]/.test(said.at(-1)!);
  return !goesOn || !/[ ,;:.)]/.test(next);
}

/** A text as requests may hold it, so that what a model wrote can be sent back: no lone surrogates and no NUL. */
export const wellFormed = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');
