import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { charset } from '../charset.ts';
import { collectionName, collectionNamePattern } from '../collection-name.ts';
import { AppError } from '../errors.ts';
import { Metadata, mostFiles, Source, Title, type Upload } from './document-fields.ts';
import { plain, tellUnknown } from './error-reply.ts';
import { refuseEncoded } from './json-body.ts';

const jsonText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('must be JSON');
    return z.NEVER;
  }
});

/** The fields that may come beside the files. */
const Fields = z.strictObject({
  collection: collectionName.default('default'),
  title: Title.optional(),
  metadata: jsonText.pipe(Metadata).optional(),
  charset: charset.optional(),
});

/** An upload as `/openapi.json` describes it. It is read as it comes in, so it isn't validated by this schema. */
export const UploadForm = z.unknown().meta({
  type: 'object',
  properties: {
    files: { type: 'array', minItems: 1, maxItems: mostFiles, items: { type: 'string', format: 'binary' } },
    collection: { type: 'string', default: 'default', pattern: collectionNamePattern.source },
    title: { type: 'string', minLength: 1, maxLength: 500, description: 'Where there is one file' },
    metadata: { type: 'string', contentMediaType: 'application/json', description: 'JSON, for each file' },
    charset: { type: 'string', description: 'The encoding of texts that neither are UTF-8 nor declare theirs' },
  },
  required: ['files'],
  additionalProperties: false,
});

/**
 * Reads a multipart upload into memory, which the limits bound: each file becomes a document whose source is its name.
 * @throws AppError BAD_INPUT without a file, for a bad name, for a name or field that is not UTF-8 or comes twice;
 * UNKNOWN_FIELD; TOO_LARGE beyond the limits; UNSUPPORTED_FORMAT for a compressed body
 */
export async function readUpload(request: FastifyRequest): Promise<{ collection: string; uploads: Upload[] }> {
  refuseEncoded(request);
  const { fields, files } = await readParts(request);
  const parsed = Fields.safeParse(fields);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    if (issue.code === 'unrecognized_keys') throw new AppError('UNKNOWN_FIELD', tellUnknown(issue.keys));
    throw new AppError('BAD_INPUT', `${issue.path.join('.')}: ${issue.message}`);
  }
  if (files.length === 0) throw new AppError('BAD_INPUT', 'The upload holds no file.');
  if (new Set(files.map(({ source }) => source)).size < files.length)
    throw new AppError('BAD_INPUT', 'Two files of the upload have the same name.');
  const { collection, title, metadata, charset } = parsed.data;
  if (title !== undefined && files.length > 1) throw new AppError('BAD_INPUT', 'title: is for an upload of one file');
  const toUpload = ({ source, bytes }: (typeof files)[number]) => ({
    source,
    title,
    metadata,
    content: { bytes, charset },
  });
  return { collection, uploads: files.map(toUpload) };
}

async function readParts(request: FastifyRequest) {
  const fields = new Map<string, string>();
  const files: { source: string; bytes: Uint8Array }[] = [];
  const { raw, headers } = request;
  // The parser limits each part; this limits the whole body.
  let room = request.routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY;
  const refuseBeyond = (bytes: number) => {
    if (room < bytes) throw new AppError('TOO_LARGE', 'The upload is larger than the service takes.');
  };
  try {
    refuseBeyond(Number(headers['content-length'] ?? 0));
    raw.on('data', (chunk: Buffer) => {
      room -= chunk.length;
    });
    for await (const part of request.parts()) {
      if (part.type === 'field') addField(fields, part);
      else {
        if (Object.hasOwn(Fields.shape, part.fieldname))
          throw new AppError('BAD_INPUT', `${part.fieldname}: must be a field, not a file`);
        const bytes = await part.toBuffer(); // before the rest, or that could not be read
        files.push({ source: sourceOf(part.filename), bytes });
      }
      refuseBeyond(0);
    }
    refuseBeyond(0);
  } catch (error) {
    // The parser's own failures (a missing boundary, an early end) have no status, but are the sender's fault.
    if (error instanceof AppError || (error as { statusCode?: number }).statusCode !== undefined) throw error;
    throw new AppError('BAD_INPUT', 'The upload cannot be read as multipart/form-data.', { cause: error });
  } finally {
    // The unread rest of a refused upload would block the next request on the connection.
    raw.unpipe();
    raw.resume();
  }
  return { fields: Object.fromEntries(fields), files };
}

function addField(fields: Map<string, string>, { fieldname, value }: { fieldname: string; value: unknown }) {
  if (fields.has(fieldname)) throw new AppError('BAD_INPUT', 'A field of the upload comes twice.');
  // The parser has parsed fields that say that they are JSON.
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (wasMangled(text)) throw new AppError('BAD_INPUT', `${plain(fieldname)}: is not UTF-8, or holds U+FFFD`);
  fields.set(fieldname, text);
}

/**
 * Whether the parser found other bytes than UTF-8. It puts the same character for each, as browsers do for names, so
 * that texts become alike.
 */
const wasMangled = (text: string) => text.includes('\ufffd');

/**
 * The source of a file, which is its name.
 * @throws AppError BAD_INPUT where it has none, or none that can be a source
 */
function sourceOf(filename: string | undefined): string {
  if (filename === undefined) throw new AppError('BAD_INPUT', 'A file of the upload has no name.');
  if (wasMangled(filename)) throw new AppError('BAD_INPUT', "A file's name is not UTF-8, or holds U+FFFD.");
  // How forms write a quotation mark within the quotation marks around a name; whatever else looks so is the name's own.
  const source = Source.safeParse(filename.replaceAll('%22', '"'));
  if (!source.success) throw new AppError('BAD_INPUT', `A file's name ${source.error.issues[0]!.message}.`);
  return source.data;
}
