import { z } from 'zod';
import { wellFormedText } from '../chain/reply.ts';
import { collectionName } from '../collection-name.ts';

/**
 * A document's name within its collection: a relative path or a URL, kept as data; nothing that climbs out of a folder.
 */
export const Source = wellFormedText
  .trim()
  .min(1, 'must not be empty')
  .max(1024, 'must have at most 1,024 characters')
  .refine((source) => !/\p{Cc}/u.test(source), 'must not contain control characters')
  .refine((source) => !/^([/\\]|[a-z]:[/\\])/i.test(source), 'must be relative')
  .refine((source) => !/(^|[/\\])\.\.([/\\]|$)/.test(source), 'must not climb with ..')
  .describe('The name of the document, such as a relative path; one of the same name is replaced.');
export const Title = wellFormedText.trim().min(1, 'must not be empty').max(500, 'must have at most 500 characters');
/**
 * How deep metadata may be nested. Deeper is no description of a document, and could exhaust the stack of code that
 * walks it.
 */
const deepestMetadata = 20;

function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepestMetadata) return false;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return true;
}

/** Whether no name and no string in it has half of a character; JSON.stringify would escape those halves. */
function isWellFormed(value: unknown): boolean {
  let isWhole = true;
  JSON.stringify(value, (name, each) => {
    isWhole &&= name.isWellFormed() && (typeof each !== 'string' || each.isWellFormed());
    return each;
  });
  return isWhole;
}

// It was read from JSON, so `unknown` is enough; zod's recursive z.json() leaves a dangling reference in /openapi.json.
export const Metadata = z
  .record(z.string().max(200), z.unknown())
  .refine(isShallow, { error: `must be nested at most ${deepestMetadata} deep`, abort: true })
  .refine((metadata) => JSON.stringify(metadata).length <= 20_000, {
    error: 'must have at most 20,000 characters as JSON',
    abort: true, // what follows would look at all of it once more
  })
  .refine(isWellFormed, 'must not contain lone surrogates')
  // https://nvd.nist.gov/vuln/detail/CVE-2025-68665: LangChain takes objects with an `lc` key for its own.
  .refine((metadata) => !/"lc"\s*:/.test(JSON.stringify(metadata)), 'must not contain the key lc');

/** A document that a caller sends as text. */
export const TextDocument = z.strictObject({
  source: Source,
  text: wellFormedText,
  title: Title.optional().describe('By default the title that the text itself has, or else its source.'),
  format: z.enum(['text', 'markdown', 'html']).default('text'),
  metadata: Metadata.optional().describe('What you want to know of it later: up to 20,000 characters of JSON.'),
  collection: collectionName.default('default'),
});
export type TextDocument = z.infer<typeof TextDocument>;

/** What a caller is told of a document that was stored. */
export const WrittenDocument = z.object({
  id: z.string(),
  source: z.string(),
  passages: z.int(),
  unchanged: z.boolean().describe('Whether this very document was there already, so that nothing was done.'),
  collection: z.string(),
});

/** How many files an upload may have. */
export const mostFiles = 100;

/** A document as it came by HTTP, not yet loaded: a text, or the bytes of a file, with the encoding that its sender names. */
export type Upload = {
  source: string;
  title?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  content: Pick<TextDocument, 'text' | 'format'> | { bytes: Uint8Array; charset?: string | undefined };
};

export const toUpload = ({ source, title, metadata, text, format }: TextDocument): Upload => ({
  source,
  title,
  metadata,
  content: { text, format },
});
