// @ts-check
// The whole page: the current view, the collection, the key, and whether the service can be reached.
import { html } from 'htm/preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { CallError, call, connection, storedKey, storeKey } from './api.js';
import { announcementElsewhere, isUnderWay } from './ask-state.js';
import { AskView } from './ask-view.js';
import { forgetAsk, useCurrentAsk } from './current-ask.js';
import { DocumentDialog } from './document-dialog.js';
import { DocumentsView } from './documents-view.js';
import { Failure } from './failure.js';
import { HistoryView } from './history-view.js';
import { useFocusBeyond } from './keep-focus.js';
import { KeyForm } from './key-form.js';
import { forgetRefusals } from './key-rights.js';
import { followKeyboard } from './keyboard.js';
import { useOpenedDocument } from './opened-document.js';
import { ReportView } from './report-view.js';
import { useRoute, views } from './route.js';
import { SearchView } from './search-view.js';
import { Status } from './status.js';
import { forBrowser, forTab } from './storage.js';
import { afterUploads } from './uploads.js';

/** @typedef {{ name: string, documents: number, passages: number, createdAt: string }} Collection */

const collectionPlace = 'assay.collection';
/** The collection of this tab, or else the last one that was chosen in any. */
const keptCollection = () => forTab.read(collectionPlace) ?? forBrowser.read(collectionPlace);
/** @param {string} name */
function keepCollection(name) {
  // A reload chooses nothing.
  if (forTab.read(collectionPlace) === name) return;
  for (const place of [forTab, forBrowser]) place.write(collectionPlace, name);
}

export function App() {
  const [view, id = null] = useRoute();
  const [health, setHealth] = useState(/** @type {any} */ (null));
  const [collections, setCollections] = useState(/** @type {Collection[] | null} */ (null));
  const [collection, setCollection] = useState(() => keptCollection() ?? 'default');
  const [refusal, setRefusal] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [isOffline, setOffline] = useState(false);
  const [opened, openDocument, closeDocument] = useOpenedDocument();
  const [hasKey, setHasKey] = useState(storedKey() !== null);

  /** Identifies the latest refresh: what an earlier one finds, perhaps with another key, is out of date. */
  const latest = useRef({});
  /** Whether the collection may be another one than is kept from an earlier visit, or from another key. */
  const mayChoose = useRef(true);
  const refresh = useCallback(async () => {
    const own = {};
    latest.current = own;
    try {
      const ready = await call('GET', '/health/ready');
      /** @type {Collection[]} */
      const found = (await call('GET', '/collections')).collections;
      if (latest.current !== own) return;
      setHealth(ready);
      setCollections(found);
      setFailure(null);
      setRefusal(null);
      // The collection of an earlier visit may be gone, or not allowed to this key. One that is deleted meanwhile stays chosen: an
      // answer must not come from another one unasked.
      const isChoice = mayChoose.current;
      mayChoose.current = false;
      setCollection((before) =>
        !isChoice || found.some(({ name }) => name === before) ? before : (found[0]?.name ?? 'default'),
      );
    } catch (error) {
      if (latest.current !== own) return;
      setFailure(error);
      // A valid key without the right is not a missing key.
      if (/** @type {any} */ (error).code === 'KEY_FORBIDDEN') setRefusal(null);
    }
  }, []);
  useEffect(() => void refresh(), []);
  // Uploads end whatever is looked at meanwhile, and a collection may be empty no more.
  useEffect(() => afterUploads(refresh), []);
  useEffect(() => keepCollection(collection), [collection]);
  useEffect(() => {
    const needKey = (/** @type {any} */ { detail }) => setRefusal(detail);
    let wasOffline = false;
    const off = () => {
      wasOffline = true;
      setOffline(true);
    };
    const on = () => {
      if (!wasOffline) return;
      wasOffline = false;
      setOffline(false);
      setFailure(null);
      void refresh();
    };
    const networkIsBack = () => void (wasOffline && refresh());
    // The browser keeps pages that were left, and may show them again as they were.
    const show = (/** @type {PageTransitionEvent} */ { persisted }) => void (persisted && refresh());
    connection.addEventListener('collection-gone', refresh);
    addEventListener('online', networkIsBack);
    addEventListener('pageshow', show);
    connection.addEventListener('key-needed', needKey);
    connection.addEventListener('offline', off);
    connection.addEventListener('online', on);
    const ignoreKeyboard = followKeyboard();
    // A file that is dropped in the wrong place would replace the page.
    for (const name of ['dragover', 'drop']) addEventListener(name, /** @type {any} */ (refuseFiles));
    return () => {
      connection.removeEventListener('collection-gone', refresh);
      removeEventListener('online', networkIsBack);
      removeEventListener('pageshow', show);
      connection.removeEventListener('key-needed', needKey);
      connection.removeEventListener('offline', off);
      connection.removeEventListener('online', on);
      ignoreKeyboard();
      for (const name of ['dragover', 'drop']) removeEventListener(name, /** @type {any} */ (refuseFiles));
    };
  }, []);

  const takeKey = (/** @type {string | null} */ key) => {
    storeKey(key);
    forgetRefusals();
    mayChoose.current = true;
    setHasKey(key !== null);
    // With another key people go on where they were; forgetting the key leaves nothing to see, whether or not the service can be reached.
    if (key === null) {
      setRefusal(new CallError('KEY_MISSING', 'A key is needed.'));
      setCollections(null);
      forgetAsk();
    }
    void refresh();
  };
  const current = useCurrentAsk();
  const isAsking = view === '' || view === 'asks';
  const elsewhere = isAsking ? null : current;
  const waits = elsewhere ? (isUnderWay(elsewhere) ? 'waits busy' : 'waits') : undefined;
  const here = collections?.find(({ name }) => name === collection);
  const isEmpty = here?.documents === 0;
  const isGone = !here && collections !== null && collections.length > 0;
  // Without a key, only what this browser keeps can be shown.
  const isLocked = refusal !== null && collections === null;
  const picker = html`<label class="picker"><span>Collection</span>
    <select value=${collection} onChange=${(/** @type {any} */ event) => setCollection(event.currentTarget.value)}>
      ${(collections ?? [{ name: collection }]).map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
      ${isGone && html`<option key="gone" value=${collection}>${collection} (gone)</option>`}
    </select></label>`;
  const shared = { collection, picker, isEmpty, documents: here?.documents, openDocument };
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="#/"><img src="/assets/icon.svg" alt="" width="26" height="26" />Assay</a>
      <nav aria-label="Views">
        ${views.map(
          ([name, title]) =>
            html`<a href="#/${name}" class=${name === '' ? waits : undefined} aria-current=${view === name || (isAsking && name === '') ? 'page' : undefined}>${title}</a>`,
        )}
      </nav>
      <${Status} health=${health} isOffline=${isOffline} />
      ${hasKey && html`<button type="button" class="link" onClick=${() => takeKey(null)}>Forget key</button>`}
    </header>
    <main class="page" id="main" tabindex="-1">
      ${isOffline && html`<${OfflineNotice} failure=${failure} retry=${refresh} />`}
      ${refusal && html`<${KeyForm} refusal=${refusal} onKey=${takeKey} />`}
      ${failure && !isOffline && !refusal && html`<${Failure} error=${failure} retry=${refresh} />`}
      ${collections?.length === 0 && html`<div class="banner"><p><strong>There is no collection yet that this key may use.</strong></p></div>`}
      ${
        isEmpty &&
        view !== 'documents' &&
        view !== 'report' &&
        html`<div class="banner"><p><strong>The collection “${collection}” is empty.</strong> Upload a document and ask about it.</p><a class="button primary" href="#/documents">Upload documents</a></div>`
      }
      ${!isLocked && isAsking && html`<${AskView} ...${shared} askId=${view === 'asks' ? id : null} isCovered=${opened !== null} hasModel=${health?.models.chat != null} />`}
      ${!isLocked && view === 'search' && html`<${SearchView} ...${shared} />`}
      ${!isLocked && view === 'documents' && html`<${DocumentsView} ...${shared} collections=${collections ?? []} setCollection=${setCollection} refresh=${refresh} />`}
      ${view === 'history' && html`<${HistoryView} />`}
      ${view === 'report' && html`<${ReportView} />`}
    </main>
    <p class="hidden" role="status">${elsewhere ? announcementElsewhere(elsewhere) : ''}</p>
    ${!isLocked && opened && html`<${DocumentDialog} key=${opened.id} place=${opened} onClose=${closeDocument} />`}`;
}

/** Moves the focus to the content, without changing the address, which names the view. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** @param {DragEvent} event */
function refuseFiles(event) {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
}

/**
 * Announced each time it is found here that the service can't be reached; any other call announces its own failure.
 * @param {{ failure: unknown, retry: () => void }} props
 */
const OfflineNotice = ({ failure, retry }) =>
  html`<div ref=${useFocusBeyond()} class="banner warn"><p key=${failure} role=${failure ? 'alert' : undefined}><strong>The service cannot be reached.</strong> What you see may be out of date.</p><button type="button" onClick=${retry}>Try again</button></div>`;
