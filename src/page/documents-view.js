// @ts-check
// The documents of a collection: to add, find, read, replace and delete; and the collections themselves.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { Failure } from './failure.js';
import { addUploads, filesOf, UploadList } from './uploads.js';

/** @typedef {{ id: string, source: string, title: string, format: string, characters: number, passages: number, updatedAt: string }} Summary */

const pageSize = 100;
/** The service gives no more at once. */
const mostAtOnce = 1000;
const takes = '.md,.markdown,.txt,.text,.html,.htm,.pdf,.docx,.epub,.csv,.tsv,.json,.jsonl,.ndjson';

/**
 * @param {{
 *   collection: string,
 *   collections: import('./app.js').Collection[],
 *   setCollection: (name: string) => void,
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
 * The documents of one collection, and what adds to them.
 * @param {{ collection: string, count: number | undefined, refresh: () => Promise<void>, openDocument: import('./passages-view.js').OpenDocument }} props
 */
function Library({ collection, count, refresh, openDocument }) {
  const list = useDocuments(collection, count);
  const afterChange = async () => {
    await list.reload();
    await refresh();
  };
  const add = (/** @type {{ file: Blob, source: string }[]} */ files) =>
    addUploads(files.map((file) => ({ ...file, collection })));
  return html`<div class="library-main">
    <${AddDocuments} collection=${collection} add=${add} afterChange=${afterChange} />
    <${UploadList} collection=${collection} afterChange=${afterChange} />
    <${DocumentList} list=${list} add=${add} afterChange=${afterChange} openDocument=${openDocument} />
  </div>`;
}

/**
 * Gives the focus, where what had it is gone, to the first of these that is there.
 * @param {string[]} ids of elements
 */
function keepFocus(...ids) {
  if (document.activeElement !== document.body) return;
  const places = ids.map((id) => document.getElementById(id));
  places.find((place) => place !== null)?.focus();
}

/**
 * What stands behind one of several, or else before it.
 * @template Thing
 * @param {Thing[]} things
 * @param {Thing} one
 * @returns {Thing | undefined}
 */
const nextTo = (things, one) => things[things.indexOf(one) + 1] ?? things[things.indexOf(one) - 1];

/**
 * The documents as far as they have been fetched.
 * @param {string} collection
 * @param {number | undefined} count how many there are
 */
function useDocuments(collection, count) {
  const [documents, setDocuments] = useState(/** @type {Summary[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  /** Only the latest of what was begun counts: two that go on from one place would list its documents twice. */
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
      if (latest.current === own) setFailure(error);
    } finally {
      if (latest.current === own) isBusy.current = false;
    }
  }
  const reload = () => fetchUpTo([], null, Math.max(pageSize, documents?.length ?? 0));
  const more = async () => {
    if (!isBusy.current) await fetchUpTo(documents ?? [], cursor, (documents?.length ?? 0) + mostAtOnce);
  };
  useEffect(() => void reload(), [collection]);
  // The collection may have been emptied.
  useEffect(() => {
    if (documents !== null && count !== undefined && count < documents.length) void reload();
  }, [count]);
  return { documents, failure, hasMore: cursor !== null, more, reload };
}

/** @param {{ collection: string, add: (files: { file: Blob, source: string }[]) => void, afterChange: () => Promise<void> }} props */
function AddDocuments({ collection, add, afterChange }) {
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isOver, setOver] = useState(false);
  const named = (/** @type {Iterable<File>} */ files) => [...files].map((file) => ({ file, source: file.name }));
  const drop = async (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) add(await filesOf(event.dataTransfer));
  };
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`<section class="add" aria-label="Add documents">
    <div class="drop card ${isOver ? 'over' : ''}" onDragOver=${over} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <p><strong>Drop files here</strong> or <button type="button" class="primary" onClick=${() => picker.current?.click()}>Choose files</button></p>
      <p class="quiet">Markdown, text, HTML, PDF, DOCX, EPUB, CSV, JSON. A file of the same name is replaced.</p>
      <input ref=${picker} class="hidden" type="file" multiple accept=${takes} tabindex="-1" aria-label="Files to upload" onChange=${(
        /** @type {any} */ { currentTarget },
      ) => {
        add(named(currentTarget.files));
        currentTarget.value = '';
      }} />
    </div>
    <${PasteText} collection=${collection} afterChange=${afterChange} />
  </section>`;
}

/** What has been typed of a text to store, for as long as the page is open. */
let pasted = { source: '', text: '', format: 'markdown' };

/** @param {{ collection: string, afterChange: () => Promise<void> }} props */
function PasteText({ collection, afterChange }) {
  const [fields, setFields] = useState(pasted);
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState('');
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setFields({ ...fields, [name]: event.currentTarget.value });
  useEffect(() => {
    pasted = fields;
  }, [fields]);
  async function save() {
    if (isBusy) return;
    setBusy(true);
    setFailure(null);
    setOutcome('');
    try {
      const { unchanged, passages } = await call('POST', '/documents', {
        body: { ...fields, source: fields.source.trim(), collection },
      });
      setOutcome(unchanged ? 'Unchanged.' : `Stored, ${passages} ${passages === 1 ? 'passage' : 'passages'}.`);
      // What was typed meanwhile stays.
      setFields((now) => (now.text === fields.text ? { ...now, source: '', text: '' } : now));
      await afterChange();
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
      /** @type {any} */ (event.currentTarget).form.requestSubmit();
  };
  return html`<details class="paste card">
    <summary>Paste a text</summary>
    <form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      save();
    }}>
      <div class="row">
        <label class="grow">Name<input required placeholder="notes/meeting.md" value=${fields.source} onInput=${set('source')} /></label>
        <label>Format<select value=${fields.format} onChange=${set('format')}><option value="markdown">Markdown</option><option value="text">Text</option><option value="html">HTML</option></select></label>
      </div>
      <label>Text<textarea required rows="8" value=${fields.text} onInput=${set('text')} onKeyDown=${onKeyDown} /></label>
      <div class="row"><button type="submit" class="primary">Store</button><span class="quiet" role="status">${(isBusy && outcome === '' ? 'Storing …' : outcome) || 'Ctrl+Enter stores it.'}</span></div>
      ${failure && html`<${Failure} error=${failure} />`}
    </form>
  </details>`;
}

/**
 * @param {{
 *   list: ReturnType<typeof useDocuments>,
 *   add: (files: { file: Blob, source: string }[]) => void,
 *   afterChange: () => Promise<void>,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props
 */
function DocumentList({ list, add, afterChange, openDocument }) {
  const { documents, failure, hasMore, more, reload } = list;
  const [filter, setFilter] = useState('');
  const [deletion, setDeletion] = useState(/** @type {any} */ (null));
  const wanted = filter.trim().toLowerCase();
  // A filter that looks only at what happens to be here would say "none" of what is further down.
  useEffect(() => {
    if (wanted !== '' && hasMore) void more();
  }, [wanted, documents]);
  const shown = (documents ?? []).filter(({ source, title }) => `${source}\n${title}`.toLowerCase().includes(wanted));
  async function remove(/** @type {Summary} */ removed) {
    const { id, source } = removed;
    if (!confirm(`Delete “${source}” and its passages?`)) return;
    try {
      await call('DELETE', `/documents/${encodeURIComponent(id)}`);
      setDeletion(null);
    } catch (error) {
      setDeletion(error);
    }
    await afterChange();
    keepFocus(`delete-${nextTo(shown, removed)?.id}`, 'document-filter', 'documents');
  }
  if (failure) return html`<${Failure} error=${failure} retry=${reload} />`;
  if (documents === null) return html`<p class="quiet" role="status">Loading…</p>`;
  if (documents.length === 0) return html`<p class="card empty">No documents yet. Drop a file above to begin.</p>`;
  return html`<section class="document-list" aria-label="Documents of the collection">
    <div class="row">
      <label class="grow"><span class="hidden">Filter by name or title</span><input id="document-filter" type="search" placeholder="Filter by name or title" value=${filter} onInput=${(/** @type {any} */ event) => setFilter(event.currentTarget.value)} /></label>
      <span class="quiet" role="status">${wanted === '' ? documents.length.toLocaleString('en') : `${shown.length.toLocaleString('en')} of ${documents.length.toLocaleString('en')}`}${hasMore ? '+' : ''}</span>
    </div>
    ${deletion && html`<${Failure} error=${deletion} />`}
    <ul class="card">
      ${shown.map((document) => html`<${DocumentRow} key=${document.id} ...${{ document, add, remove, openDocument }} />`)}
      ${shown.length === 0 && html`<li class="quiet">Nothing fits the filter.</li>`}
    </ul>
    ${hasMore && wanted === '' && html`<p><button type="button" onClick=${more}>Show more</button></p>`}
  </section>`;
}

/** @param {{ document: Summary, add: (files: { file: Blob, source: string }[]) => void, remove: (document: Summary) => void, openDocument: import('./passages-view.js').OpenDocument }} props */
function DocumentRow({ document, add, remove, openDocument }) {
  const { id, source, title, format, characters, passages, updatedAt } = document;
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const extension = /\.\w+$/.exec(source)?.[0] ?? takes;
  return html`<li class="document-row">
    <div class="grow">
      <button type="button" class="link title" onClick=${() => openDocument({ id, start: 0, end: 0 })}>${title}</button>
      <p class="quiet">${title !== source && html`<span>${source}</span>`}<span>${format}</span><span>${characters.toLocaleString('en')} characters</span><span>${passages} ${passages === 1 ? 'passage' : 'passages'}</span><time datetime=${updatedAt}>${new Date(updatedAt).toLocaleDateString(undefined, { dateStyle: 'medium' })}</time></p>
    </div>
    <div class="row-actions">
      <button type="button" onClick=${() => picker.current?.click()} aria-label="Replace ${source}">Replace</button>
      <button id="delete-${id}" type="button" class="danger" onClick=${() => remove(document)} aria-label="Delete ${source}">Delete</button>
      <input ref=${picker} class="hidden" type="file" accept=${extension} tabindex="-1" aria-label="New file for ${source}" onChange=${(
        /** @type {any} */ { currentTarget },
      ) => {
        const [file] = currentTarget.files;
        if (file) add([{ file, source }]);
        currentTarget.value = '';
      }} />
    </div>
  </li>`;
}

/** The service empties this one where it would delete another. @param {string} name */
const isAlwaysThere = (name) => name === 'default';

/**
 * @param {{ collection: string, collections: import('./app.js').Collection[], setCollection: (name: string) => void, refresh: () => Promise<void> }} props
 */
function CollectionsPanel({ collection, collections, setCollection, refresh }) {
  const [name, setName] = useState('');
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  async function change(/** @type {'PUT' | 'DELETE'} */ method, /** @type {string} */ of) {
    try {
      await call(method, `/collections/${encodeURIComponent(of)}`);
      setFailure(null);
      await refresh();
      if (method === 'DELETE') return;
      setName('');
      setCollection(of);
    } catch (error) {
      setFailure(error);
    }
  }
  async function remove(/** @type {import('./app.js').Collection} */ removed) {
    const { name: of, documents } = removed;
    const many = `${documents.toLocaleString('en')} ${documents === 1 ? 'document' : 'documents'}`;
    const what = isAlwaysThere(of)
      ? `Delete all documents of “${of}”: ${many}?`
      : `Delete the collection “${of}” with ${many}?`;
    if (!confirm(what)) return;
    await change('DELETE', of);
    keepFocus(`delete-collection-${nextTo(collections, removed)?.name}`, 'collections');
  }
  return html`<aside class="collections" aria-label="Collections">
    <h2 id="collections" tabindex="-1">Collections</h2>
    <ul>
      ${collections.map(
        (each) => html`<li key=${each.name} class=${each.name === collection ? 'chosen' : ''}>
          <button type="button" class="choose" aria-pressed=${each.name === collection} onClick=${() => {
            setFailure(null);
            setCollection(each.name);
          }}>
            <span>${each.name}</span><span class="count">${each.documents.toLocaleString('en')}<span class="hidden"> documents</span></span>
          </button>
          <button id="delete-collection-${each.name}" type="button" class="link danger" aria-label="${isAlwaysThere(each.name) ? 'Empty' : 'Delete'} the collection ${each.name}" onClick=${() => remove(each)}>${isAlwaysThere(each.name) ? 'Empty' : 'Delete'}</button>
        </li>`,
      )}
    </ul>
    <form class="row" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      change('PUT', name.trim());
    }}>
      <label class="grow"><span class="hidden">Name of a new collection</span><input required placeholder="New collection" value=${name} onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} /></label>
      <button type="submit">Create</button>
    </form>
    ${failure && html`<${Failure} error=${failure} />`}
  </aside>`;
}
