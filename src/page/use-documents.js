// @ts-check
// The documents of a collection, fetched page by page.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, connection } from './api.js';

/** @typedef {{ id: string, source: string, title: string, format: string, characters: number, passages: number, updatedAt: string }} Summary */

const pageSize = 100;
/** The most documents that the service returns at once. */
const mostAtOnce = 1000;

/**
 * The documents as far as they have been fetched.
 * @param {string} collection
 * @param {number | undefined} count how many there are
 */
export function useDocuments(collection, count) {
  const [documents, setDocuments] = useState(/** @type {Summary[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [failure, setFailure] = useState(/** @type {{ error: any, retry: () => void } | null} */ (null));
  /** Identifies the latest fetch. Earlier ones are dropped, or documents might be listed twice. */
  const latest = useRef({});
  const isBusy = useRef(false);
  async function fetchUpTo(
    /** @type {Summary[]} */ before,
    /** @type {string | null} */ from,
    /** @type {number} */ wanted,
  ) {
    const own = {};
    latest.current = own;
    isBusy.current = true;
    let found = before;
    let next = from;
    try {
      do {
        const limit = String(Math.min(mostAtOnce, wanted - found.length));
        const query = new URLSearchParams({ collection, limit, ...(next !== null && { cursor: next }) });
        const page = await call('GET', `/documents?${query}`);
        if (latest.current !== own) return;
        found = [...found, ...page.documents];
        next = page.nextCursor;
      } while (next !== null && found.length < wanted);
      setDocuments(found);
      setCursor(next);
      setFailure(null);
    } catch (error) {
      if (latest.current === own) setFailure({ error, retry: () => void fetchUpTo(before, from, wanted) });
    } finally {
      if (latest.current === own) isBusy.current = false;
    }
  }
  const reload = () => fetchUpTo([], null, Math.max(pageSize, documents?.length ?? 0));
  const more = async () => {
    if (!isBusy.current) await fetchUpTo(documents ?? [], cursor, (documents?.length ?? 0) + mostAtOnce);
  };
  useEffect(() => void reload(), [collection]);
  // What was refused may not be with another key.
  useEffect(() => {
    const again = () => failure?.retry();
    connection.addEventListener('key-changed', again);
    return () => connection.removeEventListener('key-changed', again);
  });
  // The collection may have been emptied.
  useEffect(() => {
    if (documents !== null && count !== undefined && count < documents.length) void reload();
  }, [count]);
  return { documents, failure, hasMore: cursor !== null, more, reload };
}
