/** What is asked: different questions, so that nothing is answered from a memory of the one before. */
export const questions = Array.from(
  { length: 512 },
  (_, at) => `How many epochs did training number ${at} of the digit network take?`,
);
export const askBody = (at: number) => JSON.stringify({ question: questions[at % questions.length] });
