/**
 * The tags that open and close thinking, as models write them whose server leaves them in the text. The first dialect
 * is that of most models. The others, in order: Seed-OSS; EXAONE Deep, and Gemini's OpenAI-compatible API; gpt-oss on
 * Amazon Bedrock; Magistral; gpt-oss itself (the second closing tag where a format was asked for); Gemma 4. No tag is
 * the beginning of another.
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

/** Matches tags in any case, except those in square brackets: a Markdown link may begin with "[think]". */
const patternOf = (tags: string[]) =>
  tags.map((tag) => (tag.startsWith('[') ? RegExp.escape(tag) : `(?i:${RegExp.escape(tag)})`)).join('|');

const openings = dialects.map(({ opening }) => patternOf(opening));
const closings = dialects.map(({ closing }) => patternOf(closing));

/** Any of the tags. */
export const tagPattern = [...closings, ...openings].join('|');
/** Any tag as a named group: `closes`, or `opens0`, `opens1` … for the dialect that it opens. */
export const anyTag = [
  `(?<closes>${closings.join('|')})`,
  ...openings.map((pattern, at) => `(?<opens${at}>${pattern})`),
].join('|');

/** The dialect that a match of `anyTag` opens; null where it opens none. */
export function dialectOf({ groups }: RegExpExecArray): number | null {
  const at = dialects.findIndex((_, each) => groups![`opens${each}`] !== undefined);
  return at < 0 ? null : at;
}

/** For each dialect, the pattern of its closing tags. */
export const closingTags = closings.map((pattern) => new RegExp(pattern, 'g'));

const tags = dialects.flatMap(({ opening, closing }) => [...opening, ...closing]);
/** The longest beginning of a tag that is not yet whole, in UTF-16 code units. */
const longestHalf = Math.max(...tags.map((tag) => tag.length)) - 1;

/** The longest end of a text that may be the beginning of a tag; never a whole tag. */
export function halfTagOf(text: string): string {
  for (let from = Math.max(0, text.length - longestHalf); from < text.length; from += 1) {
    const end = text.slice(from);
    const isBegun = (tag: string) => tag.startsWith(end[0] === '[' ? end : end.toLowerCase());
    if ((end[0] === '<' || end[0] === '[') && tags.some(isBegun)) return end;
  }
  return '';
}
