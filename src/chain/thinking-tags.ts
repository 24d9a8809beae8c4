/**
 * What opens thinking and what closes it, as models write it whose server leaves it in the text; the first for most of them. The
 * others: Seed-OSS; EXAONE Deep, and Gemini's OpenAI-compatible API; gpt-oss on Amazon Bedrock; Magistral; gpt-oss as it comes
 * (with a format asked for, the second end); Gemma 4. Of all these tags none begins another.
 */
export const dialects: { opening: string[]; closing: string[] }[] = [
  { opening: ['<think>', '<thinking>'], closing: ['</think>', '</thinking>'] },
  { opening: ['<seed:think>'], closing: ['</seed:think>'] },
  { opening: ['<thought>'], closing: ['</thought>'] },
  { opening: ['<reasoning>'], closing: ['</reasoning>'] },
  { opening: ['[THINK]'], closing: ['[/THINK]'] },
  {
    opening: ['<|channel|>analysis', '<|channel|>commentary'],
    closing: ['<|channel|>final<|message|>', '<|channel|>final <|constrain|>json<|message|>'],
  },
  { opening: ['<|channel>thought'], closing: ['<channel|>'] },
];

/** A tag, whatever its case; but links of Markdown begin as "[think]" does. */
const patternOf = (tags: string[]) =>
  tags.map((tag) => (tag.startsWith('[') ? RegExp.escape(tag) : `(?i:${RegExp.escape(tag)})`)).join('|');

const openings = dialects.map(({ opening }) => patternOf(opening));
const closings = dialects.map(({ closing }) => patternOf(closing));

/** Any of the tags. */
export const tagPattern = [...closings, ...openings].join('|');
/** The same in a group `closes`, or in one for the dialect that it opens: `opens0` and so on. */
export const anyTag = [
  `(?<closes>${closings.join('|')})`,
  ...openings.map((pattern, at) => `(?<opens${at}>${pattern})`),
].join('|');

/** The dialect that a found tag opens; null where it closes one, or none was found. */
export function dialectOf({ groups }: RegExpExecArray): number | null {
  const at = dialects.findIndex((_, each) => groups![`opens${each}`] !== undefined);
  return at < 0 ? null : at;
}
/** For each dialect, what closes it. */
export const closingTags = closings.map((pattern) => new RegExp(pattern, 'g'));

const tags = dialects.flatMap(({ opening, closing }) => [...opening, ...closing]);
/** The most of a text's end that may become a tag. */
const longestHalf = Math.max(...tags.map((tag) => tag.length)) - 1;

/** The end of a text that may become a tag: the longest there is, but never a whole one. */
export function halfTagOf(text: string): string {
  for (let from = Math.max(0, text.length - longestHalf); from < text.length; from += 1) {
    const end = text.slice(from);
    const isBegun = (tag: string) => tag.startsWith(end[0] === '[' ? end : end.toLowerCase());
    if ((end[0] === '<' || end[0] === '[') && tags.some(isBegun)) return end;
  }
  return '';
}
