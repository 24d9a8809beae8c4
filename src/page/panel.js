// @ts-check
import { html } from 'htm/preact';
import { useRef } from 'preact/hooks';

/**
 * A panel that lies over what is below it. Escape or losing the focus closes it.
 * @param {{ name: string, summary: string, children?: unknown }} props `name`: of its class
 */
export function Panel({ name, summary, children }) {
  const details = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const close = () => {
    if (details.current) details.current.open = false;
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !details.current?.open) return;
    close();
    details.current.querySelector('summary')?.focus();
  };
  const onFocusOut = (/** @type {FocusEvent} */ event) =>
    details.current?.contains(/** @type {Node | null} */ (event.relatedTarget)) || close();
  return html`<details class="panel ${name}" ref=${details} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <summary>${summary}</summary>
    <div class="panel-body card" tabindex="-1">${children}</div>
  </details>`;
}
