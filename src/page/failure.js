// @ts-check
import { html } from 'htm/preact';

/** Advice on failures, by code; for other codes the service's own message must do. */
const advice = /** @type {Record<string, string>} */ ({
  OFFLINE: 'Is it running? Nothing was lost here: try again when it is.',
  CUT_OFF: 'What arrived is shown, without a verdict. Ask again.',
  MODEL_UNAVAILABLE: 'Try again in a moment; if that does not help, check the model server.',
  MODEL_TIMEOUT: 'Try again, or ask something narrower.',
  OVERLOADED: 'Try again in a moment.',
  RATE_LIMITED: 'Wait a minute and try again.',
  NOT_READY: 'Try again in a moment.',
  KEY_FORBIDDEN: 'Another key may have the right: “Forget key” lets you enter one.',
  COLLECTION_NOT_FOUND: 'It may have been deleted. Choose another one.',
});

/**
 * A failure's message and advice, with its code and the request's id in the service's log.
 * @param {{ error: import('./api.js').CallError, retry?: (() => void) | undefined }} props
 */
export function Failure({ error, retry }) {
  const { code = 'INTERNAL', message, requestId } = error;
  return html`<div class="failure" role="alert">
    <p><strong>${message}</strong> ${advice[code] ?? ''}</p>
    <p class="quiet"><code>${code}</code>${requestId && html` · request <code>${requestId}</code>`}</p>
    ${retry && html`<p><button type="button" onClick=${retry}>Try again</button></p>`}
  </div>`;
}
