import mammoth from 'mammoth';
import { AppError } from '../../errors.ts';
import { LONGEST_HEADING, type LoadedDocument } from '../loaded-document.ts';
import { openArchive } from './archive.ts';
import { createChunks } from './docx-chunks.ts';
import { withKnownElements } from './docx-elements.ts';
import { withoutHidden } from './docx-hidden.ts';
import { withFormulas } from './docx-math.ts';
import { withoutLostNotes } from './docx-notes.ts';
import { createNumbering } from './docx-numbering.ts';
import { LABEL_STYLE, withParagraphsTold } from './docx-paragraphs.ts';
import { withUsualPrefix } from './docx-prefix.ts';
import { wordStyles } from './docx-styles.ts';
import { loadHtml } from './html.ts';
import { assertNoEntities, xmlElements } from './xml-elements.ts';

const styleMap = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  // A table of contents says again what the headings say.
  "p[style-name^='toc '] => !",
  `r.${LABEL_STYLE} => span.list-label`,
];

/**
 * The text of a Word document: mammoth makes HTML of it by the styles of its paragraphs, and that is read as any HTML is.
 * Pictures, comments, headers, footers and hidden text are left out; footnotes stand at the end, formulas on their line. The title is the one among the
 * document's properties, else its first heading of level 1.
 * @throws {AppError} `BAD_DOCUMENT` for what is no Word document, is damaged or encrypted, or would unpack to too much.
 */
export async function loadDocx(bytes: Uint8Array): Promise<Omit<LoadedDocument, 'format'>> {
  const archive = await openArchive(bytes);
  const types = await archive.readText('[Content_Types].xml');
  if (!types.includes('wordprocessingml'))
    throw new AppError('BAD_DOCUMENT', 'The file is named a Word document but is none.');

  const partOf = createPartOf(types);
  const styles = wordStyles(await archive.readText(partOf('styles')));
  const numbering = createNumbering(
    await archive.readText(partOf('numbering')),
    (styleId) => styles.get(styleId)?.numId ?? undefined,
  );
  const chunks = createChunks(archive);
  const notes = [await archive.readText(partOf('footnotes')), await archive.readText(partOf('endnotes'))];
  // mammoth takes any object that can say what it holds. Given bytes it would unpack them itself, without bounds.
  const file = {
    exists: archive.has,
    async read(name: string) {
      const xml = await archive.readText(name);
      assertNoEntities(xml);
      const known = withKnownElements(withUsualPrefix(withUsualPrefix(xml, 'w'), 'm'));
      const read = withFormulas(withoutHidden(known, styles));
      if (!read.includes('<w:body>')) return read;
      const told = withParagraphsTold(withoutLostNotes(read, notes), styles, numbering);
      return chunks.marked(name, told);
    },
  };
  const page = loadHtml(await chunks.filled(await toHtml(file)), 'content');
  const properties = xmlElements(await archive.readText('docProps/core.xml'));
  const title = properties
    .find(({ name }) => name === 'title')
    ?.text.replace(/\s+/g, ' ')
    .trim();
  return { ...page, title: title && title.length <= LONGEST_HEADING ? title : page.title };
}

/** Where the archive has the styles, the numbering or the notes of the text, told from its content types: Word for the web writes `styles2.xml`. */
function createPartOf(types: string) {
  const parts = xmlElements(types).map(({ attributes }) => attributes);
  return (kind: 'styles' | 'numbering' | 'footnotes' | 'endnotes') =>
    parts
      .filter((part) => part.get('ContentType')?.endsWith(`.wordprocessingml.${kind}+xml`))
      .map((part) => part.get('PartName')?.replace(/^\//, '') ?? '')
      // A glossary, which holds building blocks, has its own.
      .find((name) => name !== '' && !name.includes('glossary/')) ?? `word/${kind}.xml`;
}

async function toHtml(file: object): Promise<string> {
  try {
    const { value } = await mammoth.convertToHtml({ file } as unknown as { buffer: Buffer }, {
      styleMap,
      includeEmbeddedStyleMap: false,
      externalFileAccess: false,
      // Without looking at the picture, which the document may say is a file of this machine.
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
    });
    return value;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const isTooDeep = cause instanceof RangeError;
    const message = isTooDeep ? 'The Word document nests elements too deep.' : 'The Word document is damaged.';
    throw new AppError('BAD_DOCUMENT', message, { cause });
  }
}
