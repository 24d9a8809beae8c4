// @ts-check
// What the current key has been refused. The service doesn't list a key's rights; a refusal shows that one is missing.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** @typedef {'write' | 'admin'} Right to change documents, or collections */

const lacks = { write: 'add, replace or delete documents', admin: 'create, empty or delete collections' };
/** @type {Set<Right>} */
const refused = new Set();
/** Emits `change`. */
const changes = new EventTarget();

/**
 * Notes a failure that is due to a missing right.
 * @param {Right} right the right that the failed call needs
 * @param {any} error
 * @returns {boolean} whether it was such a failure, which `KeyNotice` then shows
 */
export function noteRefusal(right, error) {
  if (error.code !== 'KEY_FORBIDDEN') return false;
  refused.add(right);
  changes.dispatchEvent(new Event('change'));
  return true;
}

/** Another key may have other rights. */
export function forgetRefusals() {
  refused.clear();
  changes.dispatchEvent(new Event('change'));
}

/** Whether the current key has been refused this right. @param {Right} right */
export function useRefused(right) {
  const [isRefused, setRefused] = useState(refused.has(right));
  useEffect(() => {
    const changed = () => setRefused(refused.has(right));
    changed();
    changes.addEventListener('change', changed);
    return () => changes.removeEventListener('change', changed);
  }, [right]);
  return isRefused;
}

/** Says that the key lacks a right, in one place for everything that needs it. @param {{ right: Right }} props */
export function KeyNotice({ right }) {
  const isRefused = useRefused(right);
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const wasRefused = useRef(isRefused);
  useEffect(() => {
    // The button that was pressed is disabled now, so it may have lost the focus.
    const { activeElement } = document;
    const isLost = activeElement === document.body || activeElement?.matches(':disabled');
    if (isRefused && !wasRefused.current && isLost) place.current?.focus();
    wasRefused.current = isRefused;
  }, [isRefused]);
  return (
    isRefused &&
    html`<p ref=${place} class="notice" id="refused-${right}" role="alert" tabindex="-1"><strong>This key may not ${lacks[right]}.</strong> Another key may: “Forget key” lets you enter one. <code>KEY_FORBIDDEN</code></p>`
  );
}
