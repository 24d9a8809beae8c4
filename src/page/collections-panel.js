// @ts-check
// The collections: choosing, creating, emptying and deleting them.
import { html } from 'htm/preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { keepFocus, nextTo } from './keep-focus.js';
import { KeyNotice, noteRefusal, useRefused } from './key-rights.js';

/** Deleting this collection only empties it. @param {string} name */
const isAlwaysThere = (name) => name === 'default';

/**
 * @param {{ collection: string, collections: import('./app.js').Collection[], setCollection: (name: string | ((before: string) => string)) => void, refresh: () => Promise<void> }} props
 */
export function CollectionsPanel({ collection, collections, setCollection, refresh }) {
  const [name, setName] = useState('');
  const isRefused = useRefused('admin');
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(
    () => list.current?.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' }),
    [collection, collections.length > 0],
  );
  /** @returns {Promise<boolean>} whether it is now as it was wanted */
  async function change(/** @type {'PUT' | 'DELETE'} */ method, /** @type {string} */ target) {
    try {
      await call(method, `/collections/${encodeURIComponent(target)}`);
    } catch (/** @type {any} */ error) {
      const isGone = method === 'DELETE' && error.code === 'COLLECTION_NOT_FOUND';
      if (!isGone) {
        if (!noteRefusal('admin', error)) setFailure(error);
        return false;
      }
    }
    setFailure(null);
    await refresh();
    return true;
  }
  async function create(/** @type {string} */ target) {
    if (!(await change('PUT', target))) return;
    // Meanwhile another name may have been typed, and another collection chosen.
    setName((now) => (now.trim() === target ? '' : now));
    setCollection((now) => (now === collection ? target : now));
  }
  async function remove(/** @type {import('./app.js').Collection} */ removed) {
    const { name: target, documents } = removed;
    const many = counted(documents, 'document');
    const what = isAlwaysThere(target)
      ? `Delete all documents of “${target}”: ${many}?`
      : `Delete the collection “${target}” with ${many}?`;
    if (!confirm(what) || !(await change('DELETE', target))) return;
    const next = nextTo(collections, removed)?.name;
    if (!isAlwaysThere(target)) setCollection((now) => (now === target ? (next ?? 'default') : now));
    keepFocus(`delete-collection-${next}`, 'collections');
  }
  return html`<aside class="collections" aria-label="Collections">
    <h2 id="collections" tabindex="-1">Collections</h2>
    <ul ref=${list}>
      ${collections.map(
        (each) => html`<li key=${each.name} class=${each.name === collection ? 'chosen' : ''}>
          <button type="button" class="choose" aria-pressed=${each.name === collection} onClick=${() => {
            setFailure(null);
            setCollection(each.name);
          }}>
            <span>${each.name}</span><span class="count">${each.documents.toLocaleString('en')}<span class="hidden"> ${each.documents === 1 ? 'document' : 'documents'}</span></span>
          </button>
          <button id="delete-collection-${each.name}" type="button" class="link danger" disabled=${isRefused} aria-describedby=${isRefused ? 'refused-admin' : undefined} aria-label="${isAlwaysThere(each.name) ? 'Empty' : 'Delete'} the collection ${each.name}" onClick=${() => remove(each)}>${isAlwaysThere(each.name) ? 'Empty' : 'Delete'}</button>
        </li>`,
      )}
    </ul>
    <form class="row" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void create(name.trim());
    }}>
      <label class="grow"><span class="hidden">Name of a new collection</span><input required placeholder="New collection" disabled=${isRefused} value=${name} onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} /></label>
      <button type="submit" disabled=${isRefused} aria-describedby=${isRefused ? 'refused-admin' : undefined}>Create</button>
    </form>
    ${failure && html`<${Failure} error=${failure} />`}
    <${KeyNotice} right="admin" />
  </aside>`;
}
