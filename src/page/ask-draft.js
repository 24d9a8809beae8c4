// @ts-check
import { forTab } from './storage.js';

const place = 'assay.draft';

/** What has been typed but not asked yet, which outlives a reload, and the options, for as long as the page is open. */
export const draft = {
  get question() {
    return forTab.read(place) ?? '';
  },
  set question(text) {
    forTab.write(place, text === '' ? null : text);
  },
  options: { evaluation: 'context', onIncorrect: 'return', topK: '' },
};
