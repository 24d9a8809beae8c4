// @ts-check

/**
 * A text of others as it is shown: without the two marks (U+202D, U+202E) that make letters and digits run in an order of their own, by
 * which “1911” would be seen as “1191” although the judge, the search and the model read “1911”. Text in right-to-left scripts needs none.
 * @param {string} text
 */
export const withoutOverrides = (text) => text.replace(/[\u202d\u202e]/g, '');
