import { anyTag, closingTags, dialectOf, tagPattern } from './thinking-tags.ts';

const code = /^[ \t]*```[\s\S]*?^[ \t]*```|`[^`\n]*`/.source;
const quotedTag = `["'“‘](?:${tagPattern})\\\\?["'”’]`;
/** Code and quoted tags, which only mention a tag; or a tag itself. */
const marks = new RegExp(`${code}|${quotedTag}|${anyTag}`, 'gm');

/**
 * A model's reply without the thinking that some models write before it, trimmed; empty where there is nothing else.
 * Linear in the length of the reply.
 *
 * - Thinking is what stands between `<think>` and the next `</think>`, or between the tags of another of the
 *   `dialects`; each opening tag is closed by its own dialect's.
 * - Everything before a `</think>` that nothing opened is thinking: many chat templates open it themselves.
 * - Everything after a `<think>` that nothing closes is thinking, unless the sentence around it goes on ("They put
 *   <think> first."): then it is a word like any other.
 * - Within Markdown code, or directly between quotation marks, a tag is only mentioned, and stays.
 */
export function withoutThinking(reply: string): string {
  let answer = '';
  let from = 0;
  /** Dialects for which no closing tag lies ahead: none will lie further on either. */
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

/**
 * Whether a tag between two texts can begin thinking: on a new line, after the end of a sentence, or where no sentence
 * goes on.
 */
function mayOpen(before: string, next = ' '): boolean {
  const said = before.trimEnd();
  const goesOn = said !== '' && !before.includes('\n', said.length) && /[^.!?]/.test(said.at(-1)!);
  return !goesOn || !/[ ,;:.)]/.test(next);
}

/** A text that may be sent back in a request: without lone surrogates and NUL, whatever the model wrote. */
export const wellFormed = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');
