import { type DocumentName, documentOf } from '../torture/documents.ts';

/** What a source holds: a version, or null for no document. */
type Version = number | null;

/**
 * What is known of a source: `acknowledged` is what the service last said it holds; while a write is under way, `underWay` is what
 * it may hold as well. `writes` counts their beginnings.
 */
export type Source = {
  collection: string;
  name: string;
  /** Its document's id, once there was one. */
  id: string | null;
  acknowledged: Version;
  underWay: { version: Version } | null;
  writes: number;
};

/** So many sources of a collection for one writer, none of which exists yet. */
export const sourcesOf = (collection: string, writer: number, count: number): Source[] =>
  Array.from({ length: count }, (_, at) => ({
    collection,
    name: `w${writer}-s${at}.txt`,
    id: null,
    acknowledged: null,
    underWay: null,
    writes: 0,
  }));

export const nameOf = ({ collection, name }: Source, version: number): DocumentName => ({
  collection,
  source: name,
  version,
});
/** The text of a version: it holds several passages, each with a word of its own. */
export const textOf = (source: Source, version: number) => documentOf(nameOf(source, version)).text;

/** The versions that a reader may see of a source: what was acknowledged, and what is being written. */
export const visible = ({ acknowledged, underWay }: Source): Version[] =>
  underWay ? [acknowledged, underWay.version] : [acknowledged];
