import { posix } from 'node:path';
import { AppError } from '../../errors.ts';
import { LONGEST_HEADING, type LoadedDocument } from '../loaded-document.ts';
import { type Archive, openArchive } from './archive.ts';
import { loadHtml } from './html.ts';
import { assertNoEntities, type XmlElement, xmlElements } from './xml-elements.ts';

const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';
const CHAPTER = /^(?:application\/xhtml\+xml|text\/html)$/i;
/** Between these marks, XML has text without markup, which HTML would take for a comment. */
const CHARACTERS = '<![CDATA[';
const CHARACTERS_END = ']]>';
const LINK = '<a ';
const LINK_END = '</a>';
/** A line (in UTF-16 code units) outside of links that is no heading of a table of contents. */
const SHORTEST_PROSE = 60;
/** XML's short form of an empty element, which HTML takes for an opening tag. */
const SELF_CLOSED = /<([a-z][\w:-]*)((?:\s[^<>]*)?)\/>/gi;

type Loaded = Omit<LoadedDocument, 'format'>;

/**
 * The text of an EPUB book: its chapters in the order of the spine, each read as HTML, with a blank line between them, and without the
 * table of contents. The title is the package's, or else the first heading of level 1.
 * @throws {AppError} `BAD_DOCUMENT` for a file that isn't an EPUB, is damaged or copy-protected, or would unpack to too much.
 */
export async function loadEpub(bytes: Uint8Array): Promise<Loaded> {
  const archive = await openArchive(bytes);
  const container = xmlElements(await archive.readText(CONTAINER));
  const packagePath = container.find(({ name }) => name === 'rootfile')?.attributes.get('full-path') ?? '';
  if (!archive.has(packagePath)) throw new AppError('BAD_DOCUMENT', 'The file is named an EPUB book but is none.');
  const elements = xmlElements(await archive.readText(packagePath));
  const pages = spinePages(elements, posix.dirname(packagePath)).filter(({ path }) => archive.has(path));
  const paths = pages.map(({ path }) => path);
  await assertUnprotected(archive, paths);

  const chapters: Loaded[] = [];
  const contents: Loaded[] = [];
  for (const { path, isContents } of pages) {
    const source = await archive.readText(path);
    assertNoEntities(source);
    const html = asHtml(source.replace(/\r\n?/g, '\n'));
    (isContents && !hasProse(html) ? contents : chapters).push(loadHtml(html, 'content'));
  }
  // A book of one page may say that its contents are there.
  const book = joined((chapters.length > 0 ? chapters : contents).filter(({ text }) => text !== ''));
  const title = elements
    .find(({ name, text }) => name === 'title' && text.trim() !== '')
    ?.text.replace(/\s+/g, ' ')
    .trim();
  return { ...book, title: title && title.length <= LONGEST_HEADING ? title : book.title };
}

/** The pages that the spine names, each once, without an EPUB 3's table of contents, and whether the guide says that they are one. */
function spinePages(elements: XmlElement[], folder: string): { path: string; isContents: boolean }[] {
  const items = new Map<string, Map<string, string>>();
  for (const { name, attributes } of elements) {
    if (name === 'item') items.set(attributes.get('id') ?? '', attributes);
  }
  const contents = contentsOfGuide(elements);
  const pages = new Map<string, boolean>();
  for (const { name, attributes } of elements) {
    const item = name === 'itemref' ? items.get(attributes.get('idref') ?? '') : undefined;
    const isNavigation = item?.get('properties')?.split(/\s+/).includes('nav');
    if (!item || isNavigation || !CHAPTER.test(item.get('media-type') ?? '')) continue;
    const href = item.get('href') ?? '';
    const path = posix.join(folder, decoded(href));
    if (!pages.has(path)) pages.set(path, contents.has(href));
  }
  return Array.from(pages, ([path, isContents]) => ({ path, isContents }));
}

/** Whether a page says something besides its links: what Sphinx calls the table of contents is the first page, with its words. */
function hasProse(html: string): boolean {
  const [before = '', ...rest] = html.split(LINK);
  const texts = rest.map((piece) => {
    const end = piece.indexOf(LINK_END);
    return end === -1 ? piece : piece.slice(end + LINK_END.length);
  });
  const { text } = loadHtml([before, ...texts].join(''), 'content');
  return text.split('\n').some((line) => line.length >= SHORTEST_PROSE);
}

/** The pages that the guide of an older book (EPUB 2) calls its table of contents, but for one where it says that the text begins. */
function contentsOfGuide(elements: XmlElement[]): Set<string> {
  const hrefs = (type: string) =>
    elements
      .filter(({ name, attributes }) => name === 'reference' && attributes.get('type') === type)
      .map(({ attributes }) => attributes.get('href') ?? '');
  return new Set(hrefs('toc')).difference(new Set(hrefs('text').map((href) => href.split('#', 1)[0]!)));
}

/** Refuses a book whose chapters are encrypted; encrypted fonts don't matter. */
async function assertUnprotected(archive: Archive, paths: string[]): Promise<void> {
  const encrypted = xmlElements(await archive.readText(ENCRYPTION))
    .filter(({ name }) => name === 'CipherReference')
    .map(({ attributes }) => decoded(attributes.get('URI') ?? ''));
  const chapters = new Set(paths);
  if (encrypted.some((path) => chapters.has(path)))
    throw new AppError('BAD_DOCUMENT', 'The book is copy-protected: its chapters are encrypted.');
}

function decoded(href: string): string {
  try {
    return decodeURIComponent(href.split('#', 1)[0]!);
  } catch {
    return href;
  }
}

/** Turns XHTML into HTML, without the forms that only XML has. */
function asHtml(xhtml: string): string {
  const [before = '', ...rest] = xhtml.split(CHARACTERS);
  const escaped = rest.map((piece) => {
    const end = piece.indexOf(CHARACTERS_END);
    const characters = end === -1 ? piece : piece.slice(0, end);
    const after = end === -1 ? '' : piece.slice(end + CHARACTERS_END.length);
    return characters.replaceAll('&', '&amp;').replaceAll('<', '&lt;') + after;
  });
  return [before, ...escaped].join('').replace(SELF_CLOSED, closed);
}

/** A closing tag is ignored after an element that is always empty in HTML, but `</br>` would be another line end. */
function closed(whole: string, name: string, attributes: string): string {
  return /^br$/i.test(name) ? whole : `<${name}${attributes}></${name}>`;
}

function joined(chapters: Loaded[]): Loaded {
  const book: Loaded = { text: '', title: null, headings: [], blocks: [], breaks: [] };
  const texts: string[] = [];
  let at = 0;
  for (const { text, headings, blocks, breaks } of chapters) {
    const moved = <Some extends { start: number; end: number }>(span: Some) => ({
      ...span,
      start: span.start + at,
      end: span.end + at,
    });
    for (const heading of headings) book.headings.push(moved(heading));
    for (const block of blocks) book.blocks.push(moved(block));
    book.breaks.push(at);
    for (const place of breaks) book.breaks.push(place + at);
    texts.push(text);
    at += text.length + '\n\n'.length;
  }
  book.text = texts.join('\n\n');
  book.title = book.headings.find(({ level }) => level === 1)?.text ?? null;
  return book;
}
