// @ts-check
// The list of a collection's documents: filtering, reading, replacing and deleting them.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { acceptedExtensions } from './add-documents.js';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { keepFocus, nextTo } from './keep-focus.js';
import { noteRefusal, useRefused } from './key-rights.js';
import { withoutOverrides } from './without-overrides.js';

/** @typedef {import('./use-documents.js').Summary} Summary */

const nowhere = () => [];

/**
 * @param {{
 *   list: ReturnType<typeof import('./use-documents.js').useDocuments>,
 *   add: (files: { file: Blob | null, source: string }[]) => void,
 *   afterChange: () => Promise<void>,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props
 */
export function DocumentList({ list, add, afterChange, openDocument }) {
  const { documents, failure, hasMore, more } = list;
  const isRefused = useRefused('write');
  const [filter, setFilter] = useState('');
  const [deletion, setDeletion] = useState(/** @type {any} */ (null));
  const wanted = filter.trim().toLowerCase();
  // The filter needs all documents, or it would miss those that haven't been fetched.
  useEffect(() => {
    if (wanted !== '' && hasMore) void more();
  }, [wanted, documents]);
  const shown = (documents ?? []).filter(({ source, title }) => `${source}\n${title}`.toLowerCase().includes(wanted));
  // Where the focus goes if what had it is no longer in the list: “Show more” disappears with the last page, and the first document
  // that it brought is what comes next; a deleted document disappears with its buttons.
  const next = useRef(/** @type {(documents: Summary[]) => string[]} */ (nowhere));
  useEffect(() => {
    if (documents) keepFocus(...next.current(documents));
    next.current = nowhere;
  }, [documents]);
  const showMore = () => {
    const before = documents?.length ?? 0;
    next.current = (now) => [`open-${now[before]?.id}`];
    void more();
  };
  async function remove(/** @type {Summary} */ removed) {
    const { id, source } = removed;
    if (!confirm(`Delete “${withoutOverrides(source)}” and its passages?`)) return;
    try {
      await call('DELETE', `/documents/${encodeURIComponent(id)}`);
      setDeletion(null);
    } catch (error) {
      if (noteRefusal('write', error)) return;
      setDeletion(error);
    }
    next.current = () => [`delete-${nextTo(shown, removed)?.id}`, 'document-filter', 'documents'];
    await afterChange();
    next.current = nowhere;
  }
  const failed = failure && html`<${Failure} error=${failure.error} retry=${failure.retry} />`;
  if (documents === null) return failed ?? html`<p class="quiet" role="status">Loading…</p>`;
  if (documents.length === 0)
    return html`${failed}<p class="card empty">No documents yet.${!isRefused && ' Drop a file above to begin.'}</p>`;
  return html`<section class="document-list" aria-label="Documents of the collection">
    <div class="row">
      <label class="grow"><span class="hidden">Filter by name or title</span><input id="document-filter" type="search" placeholder="Filter by name or title" value=${filter} onInput=${(/** @type {any} */ event) => setFilter(event.currentTarget.value)} /></label>
      <span class="quiet" role="status">${wanted === '' ? documents.length.toLocaleString('en') : `${shown.length.toLocaleString('en')} of ${documents.length.toLocaleString('en')}`}${hasMore ? '+' : ''}</span>
    </div>
    ${deletion && html`<${Failure} error=${deletion} />`}
    <ul class="card">
      ${shown.map((document) => html`<${DocumentRow} key=${document.id} ...${{ document, add, remove, openDocument }} />`)}
      ${shown.length === 0 && html`<li class="quiet">Nothing matches the filter.</li>`}
    </ul>
    ${failed}
    ${hasMore && wanted === '' && html`<p><button type="button" onClick=${showMore}>Show more</button></p>`}
  </section>`;
}

/** @param {{ document: Summary, add: (files: { file: Blob | null, source: string }[]) => void, remove: (document: Summary) => void, openDocument: import('./passages-view.js').OpenDocument }} props */
function DocumentRow({ document, add, remove, openDocument }) {
  const { id, source, format, characters, passages, updatedAt } = document;
  const [name, title] = [withoutOverrides(source), withoutOverrides(document.title)];
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isRefused = useRefused('write');
  const why = isRefused ? 'refused-write' : undefined;
  const extension = /\.\w+$/.exec(source)?.[0] ?? acceptedExtensions;
  return html`<li class="document-row">
    <div class="grow">
      <button id="open-${id}" type="button" class="link title" onClick=${() => openDocument({ id })}>${title}</button>
      <p class="quiet">${title !== name && html`<span>${name}</span>`}<span>${format}</span><span>${counted(characters, 'character')}</span><span>${counted(passages, 'passage')}</span><time datetime=${updatedAt}>${new Date(updatedAt).toLocaleDateString(undefined, { dateStyle: 'medium' })}</time></p>
    </div>
    <div class="row-actions">
      <button type="button" onClick=${() => picker.current?.click()} disabled=${isRefused} aria-describedby=${why} aria-label="Replace ${name}">Replace</button>
      <button id="delete-${id}" type="button" class="danger" onClick=${() => remove(document)} disabled=${isRefused} aria-describedby=${why} aria-label="Delete ${name}">Delete</button>
      <input ref=${picker} class="hidden" type="file" accept=${extension} tabindex="-1" aria-label="New file for ${name}" onChange=${(
        /** @type {any} */ { currentTarget },
      ) => {
        const [file] = currentTarget.files;
        if (file) add([{ file, source }]);
        currentTarget.value = '';
      }} />
    </div>
  </li>`;
}
