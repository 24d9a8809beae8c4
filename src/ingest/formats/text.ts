import type { LoadedDocument } from '../loaded-document.ts';

const ITEM = /^[^\S\n]{0,20}(?:[-*+•‣◦▪–]|\(?\d{1,3}[.)]|\(?[a-z]\))[^\S\n]/gim;

/** Plain text is its own source: no headings, no title, only list items told by how their lines begin. */
export function loadPlainText(source: string): Omit<LoadedDocument, 'format'> {
  return { text: source, title: null, headings: [], blocks: [], breaks: itemStarts(source) };
}

/** Offsets of the lines that begin like an item of a list: a bullet, a number, a letter in brackets. */
export function itemStarts(text: string): number[] {
  return Array.from(text.matchAll(ITEM), (item) => item.index);
}
