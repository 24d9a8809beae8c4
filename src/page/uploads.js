// @ts-check
// Uploads, one after the other. They go on while people look elsewhere: they are the page's, not a view's.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { upload } from './api.js';

/** @typedef {{ number: number, file: Blob, source: string, collection: string, state: string, share: number, error: any, isDone: boolean }} Upload */

/** So many are listed at most; those that failed come first. */
const mostShown = 200;

/** @type {Upload[]} the newest first */
let uploads = [];
let counter = 0;
let isRunning = false;
/** Tells of `change`, and of `done` when nothing is left to upload. */
const progress = new EventTarget();

addEventListener('beforeunload', (event) => {
  if (isRunning) event.preventDefault();
});

/** @param {Upload[]} next */
function show(next) {
  uploads = next;
  progress.dispatchEvent(new Event('change'));
}

/** @param {number} number @param {Partial<Upload>} fields */
const change = (number, fields) =>
  show(uploads.map((each) => (each.number === number ? { ...each, ...fields } : each)));

/**
 * Uploads files, after those that are under way.
 * @param {{ file: Blob, source: string, collection: string }[]} files
 */
export function addUploads(files) {
  const added = files.map((file) => ({
    ...file,
    number: ++counter,
    state: 'Waiting',
    share: 0,
    error: null,
    isDone: false,
  }));
  show([...added, ...uploads]);
  void run();
}

async function run() {
  if (isRunning) return;
  isRunning = true;
  const next = () => uploads.filter(({ state }) => state === 'Waiting').sort((one, other) => one.number - other.number);
  for (let [first] = next(); first; [first] = next()) await send(first);
  isRunning = false;
  progress.dispatchEvent(new Event('done'));
}

/** @param {Upload} upload */
async function send({ number, file, source, collection }) {
  change(number, { state: 'Uploading' });
  try {
    const onProgress = (/** @type {number} */ share) =>
      change(number, { share, state: share < 1 ? 'Uploading' : 'Reading' });
    const { isNew, unchanged, passages } = await upload({ file, source, collection, onProgress });
    const became = unchanged ? 'Unchanged' : isNew ? 'Added' : 'Replaced';
    change(number, {
      state: `${became}, ${passages} ${passages === 1 ? 'passage' : 'passages'}`,
      share: 1,
      isDone: true,
    });
  } catch (error) {
    change(number, { state: 'Failed', error, isDone: true });
  }
}

/** @param {string} id of an element that stays where the one with the focus goes */
const focus = (id) => document.getElementById(id)?.focus();

/** What failed goes to the end of the line once more. */
function tryAgain() {
  focus('uploads');
  const failed = uploads.filter(({ error }) => error);
  show(uploads.filter(({ error }) => !error));
  addUploads(failed.map(({ file, source, collection }) => ({ file, source, collection })));
}

function clear() {
  focus('documents');
  show([]);
}

/** @param {{ collection: string, afterChange: () => Promise<void> }} props `afterChange`: what has been uploaded can be listed */
export function UploadList({ collection, afterChange }) {
  const [, redraw] = useState(uploads);
  useEffect(() => {
    const changed = () => redraw(uploads);
    progress.addEventListener('change', changed);
    progress.addEventListener('done', afterChange);
    return () => {
      progress.removeEventListener('change', changed);
      progress.removeEventListener('done', afterChange);
    };
  });
  if (uploads.length === 0) return null;
  const done = uploads.filter(({ isDone }) => isDone).length;
  const failed = uploads.filter(({ error }) => error);
  const shown = [...failed, ...uploads.filter(({ error }) => !error)].slice(0, mostShown);
  const left = uploads.length - shown.length;
  return html`<section id="uploads" tabindex="-1" class="uploads card" aria-label="Uploads">
    <div class="row">
      <p class="grow" role="status">${done.toLocaleString('en')} of ${uploads.length.toLocaleString('en')} done${failed.length > 0 && `, ${failed.length.toLocaleString('en')} failed`}</p>
      ${failed.length > 0 && html`<button type="button" class="link" onClick=${tryAgain}>Try again what failed</button>`}
      ${done === uploads.length && html`<button type="button" class="link" onClick=${clear}>Clear</button>`}
    </div>
    <ul>
      ${shown.map((each) => html`<${Row} key=${each.number} upload=${each} elsewhere=${each.collection !== collection} />`)}
      ${left > 0 && html`<li class="quiet">And ${left.toLocaleString('en')} more.</li>`}
    </ul>
  </section>`;
}

/** @param {{ upload: Upload, elsewhere: boolean }} props */
const Row = ({
  upload: { source, collection, state, share, error },
  elsewhere,
}) => html`<li class=${error ? 'failed' : ''}>
  <span class="upload-name">${source}${elsewhere && html` <span class="quiet">to “${collection}”</span>`}</span>
  ${!error && share < 1 && html`<progress value=${share} aria-label="Upload of ${source}"></progress>`}
  ${!error && share === 1 && state === 'Reading' && html`<progress aria-label="Reading ${source}"></progress>`}
  <span class="upload-state">${state}${error && html`: ${error.message} <code>${error.code}</code>`}</span>
</li>`;

/**
 * What was dropped, folders with all that is in them, under its path.
 * @param {DataTransfer} dropped
 * @returns {Promise<{ file: File, source: string }[]>}
 */
export async function filesOf({ items }) {
  const files = [...items].filter(({ kind }) => kind === 'file');
  // Both are gone once the event is over: they are taken before anything is waited for.
  const dropped = files.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  /** @param {any} entry @returns {Promise<{ file: File, source: string }[]>} */
  const read = async (entry) => {
    if (entry === null) return [];
    if (entry instanceof File) return [{ file: entry, source: entry.name }];
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return [{ file, source: entry.fullPath.replace(/^\//, '') }];
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return (await Promise.all(found.map(read))).flat();
      found.push(...some);
    }
  };
  return (await Promise.all(dropped.map(read))).flat();
}
