import fastify from 'fastify';
import { Pool } from 'undici';

/**
 * The floor: a bare server that makes the three calls of an ask (embed, answer, evaluate), one after the other and as lean as they
 * can be made here, and nothing else: no retrieval, no prompt, no check.
 */
const [baseUrl] = process.argv.slice(2);
const { origin } = new URL(baseUrl!);
const pool = new Pool(origin, { connections: 1024, pipelining: 1 });
const headers = { 'content-type': 'application/json', authorization: 'Bearer none' };
const context = 'A passage of the length that passages have, with some words about nothing in particular. '.repeat(30);

async function post(path: string, body: object): Promise<unknown> {
  const { body: reply } = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(body) });
  return reply.json();
}
const contentOf = (reply: unknown) =>
  (reply as { choices: { message: { content: string } }[] }).choices[0]!.message.content;

const app = fastify();
app.post('/ask', async (request) => {
  const { question } = request.body as { question: string };
  await post('/v1/embeddings', { model: 'bench', input: question, encoding_format: 'base64' });
  const messages = [{ role: 'user', content: `${context}\n${question}` }];
  const answer = contentOf(await post('/v1/chat/completions', { model: 'bench', messages }));
  const judge = [{ role: 'user', content: `${context}\n${question}\n${answer}\nReply with "verdict".` }];
  const verdict = JSON.parse(contentOf(await post('/v1/chat/completions', { model: 'bench', messages: judge })));
  return { question, answer, context: [context], verdict };
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send!({ port: (app.server.address() as { port: number }).port });
process.on('disconnect', () => process.exit());
