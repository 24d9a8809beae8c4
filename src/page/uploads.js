// @ts-check
// Uploads, one after another. They belong to the page rather than to a view, so they go on while people look elsewhere.
import { useEffect, useState } from 'preact/hooks';
import { upload } from './api.js';
import { counted } from './counted.js';
import { noteRefusal } from './key-rights.js';

/** @typedef {{ number: number, file: Blob | null, source: string, collection: string, state: string, share: number, error: any, isDone: boolean }} Upload */

/** @type {Upload[]} newest first */
let uploads = [];
let counter = 0;
let isRunning = false;
/** The time until which the service asked to wait, by `performance.now()`, as people may set the clock; 0 if it didn't. */
let pausedUntil = 0;
/** Emits `change`, and `done` when nothing is left to upload. */
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
 * Queues files for upload.
 * @param {{ file: Blob | null, source: string, collection: string }[]} files
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
      state: `${became}, ${counted(passages, 'passage')}`,
      share: 1,
      isDone: true,
    });
  } catch (/** @type {any} */ error) {
    if (error.code === 'RATE_LIMITED' && error.retryAfterSeconds) {
      change(number, { state: 'Waiting', share: 0 });
      await pause(error.retryAfterSeconds);
    } else if (noteRefusal('write', error) || error.code === 'KEY_REJECTED') {
      // The other waiting files can't be stored with this key either.
      show(uploads.map((each) => (each.isDone ? each : { ...each, state: 'Not uploaded', error, isDone: true })));
    } else {
      change(number, { state: 'Failed', error, isDone: true });
    }
  }
}

/** Waits as long as the service asked for, and emits `change` each second. @param {number} seconds */
async function pause(seconds) {
  pausedUntil = performance.now() + seconds * 1000;
  while (secondsLeft() > 0) {
    show(uploads);
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, pausedUntil - performance.now())));
  }
  pausedUntil = 0;
}

/** For how many more seconds uploads wait because the service asked for it. */
export const secondsLeft = () => Math.max(0, Math.ceil((pausedUntil - performance.now()) / 1000));

/** Puts failed uploads back into the queue, at its end. */
export function retryFailed() {
  const failed = uploads.filter(({ error }) => error);
  show(uploads.filter(({ error }) => !error));
  addUploads(failed.map(({ file, source, collection }) => ({ file, source, collection })));
}

export function clearUploads() {
  show([]);
}

/**
 * Has something called whenever nothing is left to upload, and uploaded documents can be listed.
 * @param {() => Promise<void>} then
 * @returns {() => void} ends that
 */
export function afterUploads(then) {
  progress.addEventListener('done', then);
  return () => progress.removeEventListener('done', then);
}

/** The current uploads, newest first. */
export function useUploads() {
  const [, redraw] = useState({});
  useEffect(() => {
    const changed = () => redraw({});
    progress.addEventListener('change', changed);
    return () => progress.removeEventListener('change', changed);
  });
  return uploads;
}
