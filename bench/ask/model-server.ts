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
const judged = completion(judgement);
const vectors = new Map<string, string>();

/** Vectors as JSON, computed once for each text. */
function vectorOf(text: string): string {
  const known = vectors.get(text);
  if (known) return known;
  const vector = JSON.stringify(hashedEmbedding(text, dimension));
  vectors.set(text, vector);
  return vector;
}

function embed(body: string): string {
  const { input } = JSON.parse(body) as { input: string | string[] };
  const data = [input]
    .flat()
    .map((text, index) => `{"object":"embedding","index":${index},"embedding":${vectorOf(text)}}`);
  return `{"object":"list","model":"bench","data":[${data.join()}],"usage":{"prompt_tokens":8,"total_tokens":8}}`;
}

/** A model server that is no model: instant, or as slow as its first argument says in milliseconds. Tells its port to its parent. */
const port = await serveRaw((head, body) => {
  if (head.startsWith('POST /v1/embeddings')) return embed(body);
  return body.includes('\\"verdict\\"') || body.includes('response_format') ? judged : answered;
}, Number(process.argv[2]));
process.send!({ port });
process.on('disconnect', () => process.exit());
