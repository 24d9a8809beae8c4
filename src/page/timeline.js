// @ts-check
// The trace of an ask: its steps as bars over time, each with its input and its output.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';

/** @typedef {{ name: string, kind: string, depth: number, startMs: number, durationMs: number, input: unknown, output: unknown, failed: boolean }} Step */

const mainSteps = new Set(['retrieve', 'answer', 'evaluate']);
const mainKinds = new Set(['model', 'retriever']);
/** Clearer than the names of LangChain's classes. */
const kindNames = /** @type {Record<string, string>} */ ({ prompt: 'fill in the prompt', model: 'ask the model' });

/** @param {number} ms */
export const showMs = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** @param {{ steps: Step[] }} props */
export function Timeline({ steps }) {
  const [showsAll, setShowsAll] = useState(false);
  const total = Math.max(1, ...steps.map(({ startMs, durationMs }) => startMs + durationMs));
  const shown = showsAll ? steps.map((step) => ({ step, indent: step.depth })) : mainOnes(steps);
  return html`<div class="timeline">
    <label class="check"><input type="checkbox" checked=${showsAll} onChange=${() => setShowsAll(!showsAll)} /> Every step (${steps.length})</label>
    <ol>${shown.map(({ step, indent }) => html`<${StepRow} key=${steps.indexOf(step)} step=${step} indent=${indent} total=${total} />`)}</ol>
  </div>`;
}

/**
 * The steps that matter: the chain's three, calls to models, and what failed; but not a step within another of the same name.
 * @param {Step[]} steps
 */
function mainOnes(steps) {
  /** @type {Step[]} */
  const above = [];
  /** @type {{ step: Step, indent: number }[]} */
  const shown = [];
  for (const step of steps) {
    while (above.length > 0 && /** @type {Step} */ (above.at(-1)).depth >= step.depth) above.pop();
    const isWanted = mainSteps.has(step.name) || mainKinds.has(step.kind) || step.failed;
    if (!isWanted || above.some(({ name }) => name === step.name)) continue;
    shown.push({ step, indent: above.length });
    above.push(step);
  }
  return shown;
}

/** @param {{ step: Step, indent: number, total: number }} props */
function StepRow({ step, indent, total }) {
  const [isOpen, setOpen] = useState(false);
  const { kind, startMs, durationMs, failed } = step;
  const name = kindNames[kind] ?? step.name;
  const share = (/** @type {number} */ ms) => `${((100 * ms) / total).toFixed(2)}%`;
  return html`<li>
    <details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="step-name indent-${Math.min(indent, 8)}">${name}${
          failed && html` <span class="failed">failed</span>`
        }</span>
        <svg class="bar ${kind}" aria-hidden="true" width="100%" height="10"><rect class="track" width="100%" height="10" rx="3" /><rect x=${share(startMs)} width=${share(Math.max(durationMs, total / 200))} height="10" rx="2" /></svg>
        <span class="step-time"><span class="hidden">begins after ${showMs(startMs)}, takes </span>${showMs(durationMs)}</span>
      </summary>
      ${
        isOpen &&
        html`<div class="step-texts">
          <${Text} name=${kind === 'model' ? 'Prompt' : 'Input'} of=${name} value=${step.input} />
          <${Text} name=${kind === 'model' ? 'Reply' : 'Output'} of=${name} value=${step.output} />
        </div>`
      }
    </details>
  </li>`;
}

/** @param {{ name: string, of: string, value: unknown }} props */
const Text = ({ name, of, value }) => html`<div>
  <h3>${name}</h3>
  <pre tabindex="0" role="region" aria-label="${name} of ${of}">${readable(value)}</pre>
</div>`;

/**
 * A value in readable form: messages with their roles, texts as they are, anything else as JSON.
 * @param {unknown} value
 * @returns {string}
 */
function readable(value) {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'string') return value;
  const messages = messagesOf(value);
  if (messages) return messages.map(({ role, content }) => `${role}:\n${readable(content)}`).join('\n\n');
  return JSON.stringify(value, null, 2);
}

/**
 * The messages in the input or output of a prompt or a model, however they are wrapped.
 * @param {any} value
 * @returns {{ role: string, content: unknown }[] | null}
 */
function messagesOf(value) {
  if (Array.isArray(value)) {
    const found = value.map(messagesOf);
    return value.length > 0 && found.every((each) => each !== null) ? found.flatMap((each) => each ?? []) : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (typeof value.role === 'string' && 'content' in value) return [value];
  return messagesOf(value.messages ?? value.message ?? value.generations ?? value.output ?? value.input ?? null);
}
