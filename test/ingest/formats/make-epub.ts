import { makeZip, type ZipEntry } from './make-zip.ts';

/** A book whose chapters have these bodies (XHTML), with a table of contents at the front, or with this package; `more` adds entries to the archive. */
export function makeEpub(
  chapters: string[],
  {
    title = 'The book',
    spine,
    package: other,
    more = [],
  }: { title?: string; spine?: number[]; package?: ZipEntry; more?: ZipEntry[] } = {},
): Buffer {
  const xhtml = (body: string) =>
    `<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>${body}</body></html>`;
  const order = spine ?? chapters.map((_, index) => index);
  const manifest = chapters
    .map((_, index) => `<item id="c${index}" href="text/chapter%20${index}.xhtml" media-type="application/xhtml+xml"/>`)
    .join('');
  return makeZip([
    { name: 'mimetype', content: 'application/epub+zip' },
    {
      name: 'META-INF/container.xml',
      content:
        '<container><rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    },
    other ?? {
      name: 'OPS/book.opf',
      content: `<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>${title}</dc:title></metadata><manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>${manifest}</manifest><spine><itemref idref="nav"/>${order.map((index) => `<itemref idref="c${index}"/>`).join('')}</spine></package>`,
    },
    { name: 'OPS/nav.xhtml', content: xhtml('<nav><ol><li><a href="x">A listed chapter</a></li></ol></nav>') },
    ...chapters.map((body, index) => ({ name: `OPS/text/chapter ${index}.xhtml`, content: xhtml(body) })),
    ...more,
  ]);
}
