import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type ChatRequest,
  chatBody,
  type EmbeddingRequest,
  embeddingBody,
  fail,
  promptText,
} from '../doubles/openai-replies.ts';
import { codeOf, itemAskedFor, nameOf, upstreamFaults } from './material.ts';

/**
 * The soak's model server, a process of its own that keeps nothing: it knows the code of every item, finds every answer
 * correct, and misbehaves where a question holds a fault's marker. It tells its parent its address and ends with it.
 */
const failures = {
  'fault-hang': fail.hang(),
  'fault-reset': fail.reset(),
  'fault-broken': fail.resetMidBody(),
  'fault-500': fail.status(500),
  'fault-429': fail.status(429, { retryAfterSeconds: 1 }),
  'fault-html': fail.html(),
  'fault-trickle': fail.trickle(100),
} satisfies Record<(typeof upstreamFaults)[number], unknown>;

function answerTo(prompt: string): string {
  if (prompt.includes('You judge whether'))
    return JSON.stringify({ quotes: [], reason: 'The passage says so.', verdict: 'Correct', score: 0.9 });
  const item = itemAskedFor(prompt);
  return `The code of ${nameOf(item)} is ${codeOf(item)}.`;
}

const server = createServer(async (request, response) => {
  const body = await json(request).catch(() => null);
  if (body === null) return void response.writeHead(400).end();
  if (request.url?.endsWith('/embeddings')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(embeddingBody(body as EmbeddingRequest, {}, 64));
  }
  const chat = body as ChatRequest;
  const prompt = promptText(chat);
  const content = answerTo(prompt);
  const pieces = await Array.fromAsync(chatBody(chat, { content }, 'soak'));
  const contentType = chat.stream ? 'text/event-stream' : 'application/json';
  const fault = upstreamFaults.find((marker) => prompt.includes(marker));
  if (fault) return failures[fault].send(response, { contentType, pieces });
  response.writeHead(200, { 'content-type': contentType }).end(pieces.join(''));
});
server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`));
process.once('disconnect', () => process.exit());
