/** No two asks are alike, so that none is answered from a memory of the one before. */
export const askBody = (at: number) =>
  JSON.stringify({ question: `How many epochs did training number ${at} of the digit network take?` });
