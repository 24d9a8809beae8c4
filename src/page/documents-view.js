// @ts-check
// The documents of a collection, the ways to add more, and the list of collections.
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { AddDocuments } from './add-documents.js';
import { CollectionsPanel } from './collections-panel.js';
import { DocumentList } from './document-list.js';
import { KeyNotice } from './key-rights.js';
import { UploadList } from './upload-list.js';
import { addUploads, afterUploads } from './uploads.js';
import { useDocuments } from './use-documents.js';

/**
 * @param {{
 *   collection: string,
 *   collections: import('./app.js').Collection[],
 *   setCollection: (name: string | ((before: string) => string)) => void,
 *   refresh: () => Promise<void>,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props
 */
export function DocumentsView({ collection, collections, setCollection, refresh, openDocument }) {
  const count = collections.find(({ name }) => name === collection)?.documents;
  return html`<h1 id="documents" tabindex="-1">Documents <span class="count">in “${collection}”</span></h1>
    <div class="library">
      <${CollectionsPanel} ...${{ collection, collections, setCollection, refresh }} />
      <${Library} key=${collection} ...${{ collection, count, refresh, openDocument }} />
    </div>`;
}

/**
 * The documents of one collection, and the ways to add more.
 * @param {{ collection: string, count: number | undefined, refresh: () => Promise<void>, openDocument: import('./passages-view.js').OpenDocument }} props
 */
function Library({ collection, count, refresh, openDocument }) {
  const list = useDocuments(collection, count);
  useEffect(() => afterUploads(list.reload));
  const afterChange = async () => {
    await list.reload();
    await refresh();
  };
  const add = (/** @type {{ file: Blob | null, source: string }[]} */ files) =>
    addUploads(files.map((file) => ({ ...file, collection })));
  return html`<div class="library-main">
    <${KeyNotice} right="write" />
    <${AddDocuments} collection=${collection} add=${add} afterChange=${afterChange} />
    <${UploadList} collection=${collection} />
    <${DocumentList} list=${list} add=${add} afterChange=${afterChange} openDocument=${openDocument} />
  </div>`;
}
