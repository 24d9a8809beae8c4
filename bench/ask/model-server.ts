import { hashedEmbedding } from '../../test/doubles/hashed-embedding.ts';
import { serveRaw } from './raw-http.ts';

const dimension = 384;
const answer = 'The training took twelve epochs [1].';
const judgement = JSON.stringify({ quotes: [], reason: 'The passages say so.', verdict: 'Correct', score: 0.9 });
const usage = { prompt_tokens: 900, completion_tokens: 12, total_tokens: 912 };
const completion = (content: string) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });
const answered = completion(answer);

/** The events of a streamed answer of this many tokens. */
function streamed(tokens: number): string[] {
  const words = answer.split(/(?= )/);
  const event = (choices: object[], more = {}) =>
    JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench', choices, ...more });
  const delta = (content: string) => event([{ index: 0, delta: { content }, finish_reason: null }]);
  return [
    ...Array.from({ length: tokens }, (_, at) => delta(words[at % words.length]!)),
    event([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    event([], { usage }),
    '[DONE]',
  ];
}
const stream = streamed(Number(process.argv[3] ?? 12));
const judged = completion(judgement);
const vectors = new Map<string, { float: string; base64: string }>();

/** A text's vector as JSON in both encodings, computed once. */
function vectorOf(text: string) {
  const known = vectors.get(text);
  if (known) return known;
  const numbers = hashedEmbedding(text, dimension);
  const base64 = JSON.stringify(Buffer.from(Float32Array.from(numbers).buffer).toString('base64'));
  const vector = { float: JSON.stringify(numbers), base64 };
  vectors.set(text, vector);
  return vector;
}

function embed(body: string): string {
  type Wanted = { input: string | string[]; encoding_format?: 'float' | 'base64' };
  const { input, encoding_format = 'float' } = JSON.parse(body) as Wanted;
  const data = [input]
    .flat()
    .map((text, index) => `{"object":"embedding","index":${index},"embedding":${vectorOf(text)[encoding_format]}}`);
  return `{"object":"list","model":"bench","data":[${data.join()}],"usage":{"prompt_tokens":8,"total_tokens":8}}`;
}

/**
 * A fake model server that replies after the milliseconds in its first argument, or at once; its second argument says how many tokens it
 * streams. Sends its port to its parent.
 */
const port = await serveRaw((head, body) => {
  if (head.startsWith('POST /v1/embeddings')) return embed(body);
  if (body.includes('"stream":true')) return stream;
  return body.includes('\\"verdict\\"') || body.includes('response_format') ? judged : answered;
}, Number(process.argv[2]));
process.send!({ port });
process.on('disconnect', () => process.exit());
