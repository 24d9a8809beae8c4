// @ts-check
// The list of uploads, with their progress and their outcome.
import { html } from 'htm/preact';
import { useRefused } from './key-rights.js';
import { clearUploads, retryFailed, secondsLeft, useUploads } from './uploads.js';
import { withoutOverrides } from './without-overrides.js';

/** How many uploads are listed, at most; failed ones come first. */
const mostShown = 200;

/** Moves the focus away from an element that is about to disappear. @param {string} id of an element that stays */
const focus = (id) => document.getElementById(id)?.focus();

/** @param {{ collection: string }} props */
export function UploadList({ collection }) {
  const uploads = useUploads();
  const isRefused = useRefused('write');
  if (uploads.length === 0) return null;
  const done = uploads.filter(({ isDone }) => isDone).length;
  const failed = uploads.filter(({ error }) => error);
  const shown = [...failed, ...uploads.filter(({ error }) => !error)].slice(0, mostShown);
  const seconds = secondsLeft();
  const left = uploads.length - shown.length;
  return html`<section id="uploads" tabindex="-1" class="uploads card" aria-label="Uploads">
    <div class="row">
      <p class="grow" role="status">${done.toLocaleString('en')} of ${uploads.length.toLocaleString('en')} done${failed.length > 0 && `, ${failed.length.toLocaleString('en')} failed`}</p>
      ${
        failed.length > 0 &&
        !isRefused &&
        html`<button type="button" class="link" onClick=${() => {
          focus('uploads');
          retryFailed();
        }}>Retry failed uploads</button>`
      }
      ${
        done === uploads.length &&
        html`<button type="button" class="link" onClick=${() => {
          focus('documents');
          clearUploads();
        }}>Clear</button>`
      }
    </div>
    ${seconds > 0 && html`<p class="paused"><span role="status">The service accepts no more for now. Uploads resume by themselves</span> in ${seconds} s.</p>`}
    <ul>
      ${shown.map((each) => html`<${Row} key=${each.number} upload=${each} elsewhere=${each.collection !== collection} />`)}
      ${left > 0 && html`<li class="quiet">And ${left.toLocaleString('en')} more.</li>`}
    </ul>
  </section>`;
}

/** @param {{ upload: import('./uploads.js').Upload, elsewhere: boolean }} props */
const Row = ({
  upload: { source, collection, state, share, error },
  elsewhere,
}) => html`<li class=${error ? 'failed' : ''}>
  <span class="upload-name">${withoutOverrides(source)}${elsewhere && html` <span class="quiet">to “${collection}”</span>`}</span>
  ${!error && share < 1 && html`<progress value=${share} aria-label="Upload of ${source}"></progress>`}
  ${!error && share === 1 && state === 'Reading' && html`<progress aria-label="Reading ${source}"></progress>`}
  <span class="upload-state">${state}${error && error.code !== 'KEY_FORBIDDEN' && html`: ${error.message} <code>${error.code}</code>`}</span>
</li>`;
