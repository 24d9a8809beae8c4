import type { AskReply } from '../chain/reply.ts';

const rule = '\n\n---\n**Verdict: ';

/**
 * The verdict as Markdown beneath an answer, for readers who see text alone. What comes from documents and models stays
 * data: it can't become a link, an image or any other Markdown or HTML.
 */
export function toFootnote({ verdict, context, abstained }: AskReply): string {
  const { label, score, reason, evidence } = verdict;
  const likely = score === null ? '' : ` (${Math.round(score * 100)}%)`;
  const sourceOf = (passageId: string) => context.find(({ id }) => id === passageId)?.source ?? '';
  const quotes = evidence.map(({ quote, passageId }) => `> “${inert(quote)}” – ${inert(sourceOf(passageId))}`);
  const sources = [...new Set(context.map(({ source }) => inert(source)))];
  const read = sources.length > 0 && !abstained ? [`Passages read: ${sources.join(', ')}`] : [];
  return [`${rule}${label}**${likely}. ${inert(reason)}`, ...quotes, ...read].join('\n\n');
}

/** A text without the footnote beneath it: front ends send answers back as they showed them. */
export function withoutFootnote(text: string): string {
  const at = text.lastIndexOf(rule);
  return at < 0 ? text : text.slice(0, at);
}

/** Text on one line in which nothing counts as Markdown or HTML. */
const inert = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>#|~&$!]/g, '\\$&')
    // Many renderers make links of bare addresses.
    .replace(/(?<=https?)(?=:\/\/)|(?<=www)(?=\.)/gi, '\u200b');
