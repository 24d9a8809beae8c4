import type { LoadedDocument } from '../loaded-document.ts';

const ITEM = /^[^\S\n]{0,20}(?:[-*+•‣◦▪–]|\(?\d{1,3}[.)]|\(?[a-z]\))[^\S\n]/gim;

/** Plain text as it is: without headings and title, only with list items, recognised by how their lines begin. */
export function loadPlainText(source: string): Omit<LoadedDocument, 'format'> {
  return { text: source, title: null, headings: [], blocks: [], breaks: itemStarts(source) };
}

/** The offsets of lines that begin like list items: with a bullet, a number or a letter in brackets. */
export function itemStarts(text: string): number[] {
  return Array.from(text.matchAll(ITEM), (item) => item.index);
}
