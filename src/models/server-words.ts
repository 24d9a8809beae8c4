import { isServerCode } from '../errors.ts';

/** How servers say that a text is too long for the model: few have a code for it. */
const tooLong = new RegExp(
  [
    'context[ _]?(?:length|size|window)', // most
    '(?:prompt|input)\\b.{0,20} is too (?:long|large)|string too long', // Anthropic, llama.cpp (embeddings), OpenAI
    'maximum (?:input|model|prompt) length', // OpenAI (embeddings), vLLM, xAI
    'must have less than \\d+ (?:tokens|characters)', // Text Embeddings Inference
    'exceeds (?:the )?maximum (?:allowed token size|number of tokens)', // NVIDIA NIM, Gemini
    'too many tokens in batch', // Mistral (embeddings), also of one text
    'range of input length', // DashScope
  ].join('|'),
  'i',
);
/** llama.cpp's slots may share one cache: others may have filled it, and may leave it. */
const isFull = /context size has been exceeded/i;
/** Gemini and xAI reply to a wrong key with a 400 without a code for it. */
const wrongKey = /^(?:incorrect )?api key (?:not valid|provided)/i;
/** How much of a message is read: servers may repeat a prompt in it. */
const longestRead = 200;

/**
 * The known code in the body of a failure, and whether it tells of a text that will always be too long for the model.
 * Nothing else of the words is kept.
 */
export function readFailure(words: string): { code?: string | undefined; isTooLong: boolean } {
  try {
    const body = JSON.parse(words);
    const outer = Array.isArray(body) ? body[0] : body; // Gemini's comes in a list
    const told = outer?.error ?? outer;
    const { code, type, message } = typeof told === 'string' ? { message: told } : Object(told);
    const beginning = String(message).slice(0, longestRead);
    const said = `${code} ${type} ${beginning}`;
    if (tooLong.test(said)) return { code: 'context_length_exceeded', isTooLong: !isFull.test(said) };
    if (wrongKey.test(beginning)) return { code: 'invalid_api_key', isTooLong: false };
    return { code: [code, type].find(isServerCode), isTooLong: false };
  } catch {
    return { isTooLong: false }; // a page of HTML, or nothing
  }
}
