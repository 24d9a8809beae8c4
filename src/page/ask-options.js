// @ts-check
import { html } from 'htm/preact';
import { Panel } from './panel.js';

/** @typedef {{ evaluation: string, onIncorrect: string, topK: string }} Options the values of the form's fields */

/**
 * The options of an ask: how to judge, what to do with an Incorrect answer, how many passages.
 * @param {{ options: Options, setOptions: (options: Options) => void }} props
 */
export function AskOptions({ options, setOptions }) {
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setOptions({ ...options, [name]: event.currentTarget.value });
  return html`<${Panel} name="options" summary="Options">
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
  <//>`;
}
