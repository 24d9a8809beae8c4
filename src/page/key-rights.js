// @ts-check
// What the key in use has been refused. Nothing tells a key's rights before they are needed; told once, it need not be tried again.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** @typedef {'write' | 'admin'} Right to change documents, to change collections */

const lacks = { write: 'add, replace or delete documents', admin: 'create, empty or delete collections' };
/** @type {Set<Right>} */
const refused = new Set();
/** Tells of `change`. */
const told = new EventTarget();

/**
 * Notes a refusal for want of a right.
 * @param {Right} right that what failed needs
 * @param {any} error
 * @returns {boolean} whether it was one: then `KeyNotice` tells it
 */
export function noteRefusal(right, error) {
  if (error.code !== 'KEY_FORBIDDEN') return false;
  refused.add(right);
  told.dispatchEvent(new Event('change'));
  return true;
}

/** Another key may have other rights. */
export function forgetRefusals() {
  refused.clear();
  told.dispatchEvent(new Event('change'));
}

/** Whether the key in use has been refused what needs this right. @param {Right} right */
export function useRefused(right) {
  const [isRefused, setRefused] = useState(refused.has(right));
  useEffect(() => {
    const changed = () => setRefused(refused.has(right));
    changed();
    told.addEventListener('change', changed);
    return () => told.removeEventListener('change', changed);
  }, [right]);
  return isRefused;
}

/** Says, once for all that needs the right, that the key lacks it. @param {{ right: Right }} props */
export function KeyNotice({ right }) {
  const isRefused = useRefused(right);
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const wasRefused = useRef(isRefused);
  useEffect(() => {
    // What was pressed can't be pressed any more, so that a focus on it would be lost.
    const { activeElement } = document;
    const isLost = activeElement === document.body || activeElement?.matches(':disabled');
    if (isRefused && !wasRefused.current && isLost) place.current?.focus();
    wasRefused.current = isRefused;
  }, [isRefused]);
  return (
    isRefused &&
    html`<p ref=${place} class="notice" id="refused-${right}" role="alert" tabindex="-1"><strong>This key may not ${lacks[right]}.</strong> Another one may: “Forget key” lets you give it. <code>KEY_FORBIDDEN</code></p>`
  );
}
