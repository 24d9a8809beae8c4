// @ts-check
import { html } from 'htm/preact';
import { useFocusBeyond } from './keep-focus.js';

/** Advice on failures, by code; for other codes the service's own message must do. */
const advice = /** @type {Record<string, string>} */ ({
  OFFLINE: 'Is it running? Nothing was lost here: try again when it is.',
  CUT_OFF: 'What arrived is shown, without a verdict. Ask again.',
  MODEL_UNAVAILABLE: 'Try again in a moment; if that does not help, check the model server.',
  MODEL_TIMEOUT: 'Try again, or ask something narrower.',
  OVERLOADED: 'Try again in a moment.',
  RATE_LIMITED: 'Wait a minute and try again.',
  BUDGET_SPENT: 'They are counted anew from midnight UTC.',
  NOT_READY: 'Try again in a moment.',
  KEY_FORBIDDEN: 'Another key may have the right: “Forget key” lets you enter one.',
  COLLECTION_NOT_FOUND: 'It may have been deleted. Choose another one.',
  DOCUMENT_NOT_FOUND: 'It may have been deleted.',
  ASK_NOT_FOUND: 'The service keeps asks only for some time.',
});

/**
 * A failure's message and advice, with its code and the request's id in the service's log.
 * @param {{ error: import('./api.js').CallError, retry?: (() => void) | undefined }} props
 */
export function Failure({ error, retry }) {
  const { code = 'INTERNAL', message, requestId, retryAfterSeconds } = error;
  const place = useFocusBeyond();
  const next = code === 'RATE_LIMITED' && retryAfterSeconds ? `Try again in ${retryAfterSeconds} s.` : advice[code];
  // The key has another failure told although it is in the same words.
  return html`<div ref=${place} class="failure" role="alert">
    <p key=${error}><strong>${message}</strong> ${next ?? ''}</p>
    <p class="quiet"><code>${code}</code>${requestId && html` · request <code>${requestId}</code>`}</p>
    ${retry && html`<p><button type="button" onClick=${retry}>Try again</button></p>`}
  </div>`;
}
