import fastify, { type FastifyReply } from 'fastify';
import { Pool } from 'undici';

/**
 * The floor: a bare server that makes an ask's three calls (embed, answer, evaluate) one after another, as lean as possible, and nothing
 * else: no retrieval, no prompt, no check. If a stream is asked for, it passes the answer's tokens on as they come.
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

/** Passes the answer's tokens on as events; returns the answer. */
async function answerInStream(messages: object[], reply: FastifyReply): Promise<string> {
  const body = JSON.stringify({ model: 'bench', messages, stream: true });
  const { body: events } = await pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body });
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
  const decoder = new TextDecoder();
  let begun = '';
  let answer = '';
  for await (const piece of events) {
    const lines = (begun + decoder.decode(piece as Buffer, { stream: true })).split('\n');
    begun = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const text: string | undefined = JSON.parse(line.slice(6)).choices[0]?.delta.content;
      if (text) reply.raw.write(`event: token\ndata: ${JSON.stringify({ text })}\n\n`);
      answer += text ?? '';
    }
  }
  return answer;
}

const app = fastify();
app.post('/ask', async (request, reply) => {
  const { question, stream } = request.body as { question: string; stream?: boolean };
  await post('/v1/embeddings', { model: 'bench', input: question, encoding_format: 'base64' });
  const messages = [{ role: 'user', content: `${context}\n${question}` }];
  const answer = stream
    ? await answerInStream(messages, reply)
    : contentOf(await post('/v1/chat/completions', { model: 'bench', messages }));
  const judge = [{ role: 'user', content: `${context}\n${question}\n${answer}\nReply with "verdict".` }];
  const verdict = JSON.parse(contentOf(await post('/v1/chat/completions', { model: 'bench', messages: judge })));
  const replied = { question, answer, context: [context], verdict };
  if (stream) reply.raw.end(`event: done\ndata: ${JSON.stringify(replied)}\n\n`);
  return stream ? reply : replied;
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send!({ port: (app.server.address() as { port: number }).port });
process.on('disconnect', () => process.exit());
