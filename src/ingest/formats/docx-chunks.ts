import { posix } from 'node:path';
import { encodingOf } from '../../charset.ts';
import { decodeMarkup } from '../text-encoding.ts';
import type { Archive } from './archive.ts';
import { xmlElements } from './xml-elements.ts';

/** A place of the text where Word puts another file of the archive, which it converts only when it saves the document. */
const CHUNK =
  /<w:altChunk\s[^<>]{0,500}?(?<=\s)(?:\w{1,30}:)?id="([^"<>]*)"[^<>]{0,500}?(?:\/>|>(?:<w:altChunkPr\s*\/>|<w:altChunkPr>[\s\S]{0,500}?<\/w:altChunkPr>)?<\/w:altChunk>)/g;
/** Stands in the text where a chunk belongs, before the number of that. */
const PLACE = '\ufdee';
const PLACED = /<p>\ufdee(\d{1,4})<\/p>/g;
const MOST_CHUNKS = 1_000;
/** Ends what a file leaves open in which no tag is read. Where nothing is open, this is nothing. */
const ENDS = '<!-- --></script></style></textarea></title>';
const HTML_BODY = /<body(?:\s[^<>]*)?>/i;

/**
 * The HTML and text files that programs put into Word documents for Word to convert (`altChunk`), as those do that make documents of web
 * pages; mammoth passes them over. Those of other kinds are left out.
 */
export function createChunks(archive: Archive) {
  const chunks: string[] = [];

  return {
    /** The XML of the part of this name with a paragraph in the place of each chunk. */
    async marked(part: string, xml: string): Promise<string> {
      if (!xml.includes('<w:altChunk')) return xml;
      const { dir, base } = posix.parse(part);
      const related = xmlElements(await archive.readText(`${dir}/_rels/${base}.rels`));
      const targets = new Map(
        related.map(({ attributes }) => [attributes.get('Id') ?? '', attributes.get('Target') ?? '']),
      );
      return xml.replace(CHUNK, (_, id: string) => {
        const target = targets.get(id);
        if (target === undefined || chunks.length >= MOST_CHUNKS) return '';
        chunks.push(posix.resolve('/', dir, target).slice(1));
        return `<w:p><w:r><w:t>${PLACE}${chunks.length - 1}</w:t></w:r></w:p>`;
      });
    },
    /** The HTML that was made of the text, with what the chunks hold, each once: the text may look as if it had more places. */
    async filled(html: string): Promise<string> {
      const contents: string[] = [];
      for (const chunk of chunks) contents.push(htmlOf(chunk, await archive.readBytes(chunk)));
      return html.replace(PLACED, (_, number: string) => {
        const content = contents[Number(number)] ?? '';
        contents[Number(number)] = '';
        return content;
      });
    },
  };
}

function htmlOf(name: string, bytes: Buffer): string {
  const extension = posix.extname(name).toLowerCase();
  if (/^\.x?html?$/.test(extension)) return bodyOf(decodeMarkup(bytes));
  if (/^\.mht(?:ml)?$/.test(extension)) return bodyOf(htmlOfMail(bytes.toString('latin1')));
  return extension === '.txt' ? `<pre>${escaped(decodeMarkup(bytes))}</pre>` : '';
}

/** What is in the body, with what it leaves open closed by an element around it that no page has. */
function bodyOf(html: string): string {
  const opening = HTML_BODY.exec(html);
  const from = opening ? opening.index + opening[0].length : 0;
  const closing = html.toLowerCase().lastIndexOf('</body');
  const body = closing > from ? html.slice(from, closing) : html.slice(from);
  return `<div><w-chunk>${body}${ENDS}</w-chunk></div>`;
}

/** The first part of a mail that is HTML, decoded: a web page with its pictures is saved as such a mail (MHTML, RFC 2557). */
function htmlOfMail(mail: string): string {
  const lines = mail.replace(/\r\n?/g, '\n');
  const boundary = /\bboundary="?([^"\s;]{1,70})/i.exec(lines)?.[1];
  for (const part of boundary ? lines.split(`--${boundary}`) : [lines]) {
    const end = part.indexOf('\n\n', 1);
    const head = part.slice(0, end);
    if (end === -1 || !/^content-type:\s*text\/html\b/im.test(head)) continue;
    const body = part.slice(end + 2);
    const charset = encodingOf(/\bcharset="?([^"\s;]{1,40})/i.exec(head)?.[1] ?? '') ?? undefined;
    const encoding = /^content-transfer-encoding:\s*([\w-]{1,20})/im.exec(head)?.[1]?.toLowerCase();
    if (encoding === 'base64') return decodeMarkup(Buffer.from(body, 'base64'), charset);
    if (encoding !== 'quoted-printable') return decodeMarkup(Buffer.from(body, 'latin1'), charset);
    const plain = body
      .replace(/=[ \t]*\n/g, '')
      .replace(/=([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
    return decodeMarkup(Buffer.from(plain, 'latin1'), charset);
  }
  return '';
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
