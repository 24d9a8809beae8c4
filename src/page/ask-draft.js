// @ts-check
/** What has been typed but not asked yet, and the options, for as long as the page is open. */
export const draft = { question: '', options: { evaluation: 'context', onIncorrect: 'return', topK: '' } };
