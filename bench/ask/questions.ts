/** The body of an ask. No two are alike, so that no cache helps. */
export const askBody = (at: number) =>
  JSON.stringify({ question: `How many epochs did training number ${at} of the digit network take?` });
