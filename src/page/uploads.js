// @ts-check
// Uploads, one after the other. They go on while people look elsewhere: they are the page's, not a view's.
import { useEffect, useState } from 'preact/hooks';
import { upload } from './api.js';
import { noteRefusal } from './key-rights.js';

/** @typedef {{ number: number, file: Blob, source: string, collection: string, state: string, share: number, error: any, isDone: boolean }} Upload */

/** @type {Upload[]} the newest first */
let uploads = [];
let counter = 0;
let isRunning = false;
/** Until when the service has asked to wait, in milliseconds of the clock; 0 where it has not. */
let pausedUntil = 0;
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
  } catch (/** @type {any} */ error) {
    if (error.code === 'RATE_LIMITED' && error.retryAfterSeconds) {
      change(number, { state: 'Waiting', share: 0 });
      await pause(error.retryAfterSeconds);
    } else if (noteRefusal('write', error)) {
      // None of those behind it may be stored with this key either.
      show(uploads.map((each) => (each.isDone ? each : { ...each, state: 'Not uploaded', error, isDone: true })));
    } else {
      change(number, { state: 'Failed', error, isDone: true });
    }
  }
}

/** Waits as long as the service asked for, and tells each second how long that still is. @param {number} seconds */
async function pause(seconds) {
  pausedUntil = Date.now() + seconds * 1000;
  while (secondsLeft() > 0) {
    show(uploads);
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, pausedUntil - Date.now())));
  }
  pausedUntil = 0;
}

/** How long uploads still wait because the service asked for it. */
export const secondsLeft = () => Math.max(0, Math.ceil((pausedUntil - Date.now()) / 1000));

/** What failed goes to the end of the line once more. */
export function retryFailed() {
  const failed = uploads.filter(({ error }) => error);
  show(uploads.filter(({ error }) => !error));
  addUploads(failed.map(({ file, source, collection }) => ({ file, source, collection })));
}

export function clearUploads() {
  show([]);
}

/**
 * The uploads as they are now, the newest first.
 * @param {() => Promise<void>} afterChange what has been uploaded can be listed
 */
export function useUploads(afterChange) {
  const [, redraw] = useState({});
  useEffect(() => {
    const changed = () => redraw({});
    progress.addEventListener('change', changed);
    progress.addEventListener('done', afterChange);
    return () => {
      progress.removeEventListener('change', changed);
      progress.removeEventListener('done', afterChange);
    };
  });
  return uploads;
}
