// @ts-check
import { html } from 'htm/preact';
import { useRef } from 'preact/hooks';

/** @typedef {{ evaluation: string, onIncorrect: string, topK: string }} Options the values of the form's fields */

/**
 * A panel with the options of an ask: how to judge, what to do with an Incorrect answer, how many passages. Escape or losing the focus closes it.
 * @param {{ options: Options, setOptions: (options: Options) => void }} props
 */
export function AskOptions({ options, setOptions }) {
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
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setOptions({ ...options, [name]: event.currentTarget.value });
  return html`<details class="options" ref=${details} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <summary>Options</summary>
    <div class="options-body card" tabindex="-1">
      <label>Judge the answer by
        <select value=${options.evaluation} onChange=${set('evaluation')}>
          <option value="context">the passages</option>
          <option value="answer">the answer alone</option>
          <option value="both">both</option>
          <option value="none">nothing: no verdict</option>
        </select>
      </label>
      <label>If it is Incorrect
        <select value=${options.onIncorrect} onChange=${set('onIncorrect')}>
          <option value="return">show it with its verdict</option>
          <option value="retry">search again, once</option>
          <option value="abstain">do not show it</option>
        </select>
      </label>
      <label>Passages to answer from
        <input type="number" min="1" max="20" placeholder="as configured" value=${options.topK} onInput=${set('topK')} />
      </label>
    </div>
  </details>`;
}
