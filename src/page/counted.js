// @ts-check

/**
 * A number with its noun, such as `1 document` or `2,000 documents`.
 * @param {number} number
 * @param {string} noun in the singular
 */
export const counted = (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
