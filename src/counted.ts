/** A number with its noun, such as `1 document` or `2 documents`. */
export const counted = (number: number, noun: string, plural = `${noun}s`) =>
  `${number} ${number === 1 ? noun : plural}`;
