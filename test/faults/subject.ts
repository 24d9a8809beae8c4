import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatRequest } from '../doubles/openai-replies.ts';
import { promptText } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

/** Words that make the scripted model server fail: in a text to embed, in a prompt to answer, in one to judge. */
export const markers = { embedding: 'marker-embedding', answer: 'marker-answer', verdict: 'marker-verdict' };

export const question = 'What is alder wood like?';
const correct = JSON.stringify({ quotes: [], reason: 'So it says.', verdict: 'Correct', score: 0.9 });
export const isJudging = (request: ChatRequest) => promptText(request).includes('You judge whether');

/** A service that holds a document and an ask, over a model server scripted to answer everything well. */
export async function startSubject(test: Test, options: Parameters<typeof startService>[1] = {}) {
  const corpusDir = await temporaryFolder(test);
  await writeFile(join(corpusDir, 'ash.md'), 'Ash wood is tough.');
  if (options.dataDir) await mkdir(options.dataDir, { recursive: true });
  const settings = { CORPUS_DIR: corpusDir, ...options.settings };
  const service = await startService(test, { ...options, settings });
  service.openai.chatWhen(() => true, 'It is light.');
  service.openai.chatWhen(isJudging, correct);
  const { json } = await service.add('alder.md', 'Alder wood is light. It does not rot under water.');
  const asked = await service.call('POST', '/ask', { question });
  return { ...service, documentId: json.id as string, askId: asked.json.id as string };
}

export type Subject = Awaited<ReturnType<typeof startSubject>>;

/** A reply in short: its status, and its error code, its verdict or the last event of its stream. */
export async function outcomeOf(response: Response): Promise<string> {
  const { status } = response;
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const [, event, data = ''] = /event: (\w+)\ndata: (.*)\n\n$/.exec(text) ?? [];
    return event === 'error' ? `${status} error ${JSON.parse(data).code}` : `${status} ${event}`;
  }
  const body = text === '' ? {} : JSON.parse(text);
  const { label, problem } = body.verdict ?? {};
  return [status, body.error?.code, label, problem].filter((part) => part != null).join(' ');
}

/** A call for every route. What each needs is made now, so that only the call itself meets the fault. */
export async function prepareCalls({ url, add, call, documentId, askId }: Subject) {
  let number = 0;
  const send = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const file = () => {
    const form = new FormData();
    form.append('files', new Blob(['Oak wood is heavy.']), `oak-${++number}.txt`);
    return fetch(`${url}/documents`, { method: 'POST', body: form });
  };
  const toRemove = (await add('to-remove.md', 'Elm wood is rare.')).json.id;
  await call('PUT', '/collections/to-remove');
  const text = 'Beech wood is hard.';
  const calls: Record<string, () => Promise<Response>> = {
    'POST /ask': () => send('POST', '/ask', { question }),
    'POST /ask, streamed': () => send('POST', '/ask', { question, stream: true }),
    'POST /search': () => send('POST', '/search', { question }),
    'POST /documents': () => send('POST', '/documents', { source: `beech-${++number}.md`, text }),
    'POST /documents, files': file,
    'GET /documents': () => send('GET', '/documents'),
    'GET /documents/{id}': () => send('GET', `/documents/${documentId}`),
    'DELETE /documents/{id}': () => send('DELETE', `/documents/${toRemove}`),
    'GET /collections': () => send('GET', '/collections'),
    'GET /collections/{name}': () => send('GET', '/collections/default'),
    'PUT /collections/{name}': () => send('PUT', `/collections/made-${++number}`),
    'DELETE /collections/{name}': () => send('DELETE', '/collections/to-remove'),
    'GET /asks/{id}': () => send('GET', `/asks/${askId}`),
    'POST /jobs': () => send('POST', '/jobs', {}),
    'GET /health/live': () => send('GET', '/health/live'),
    'GET /health/ready': () => send('GET', '/health/ready'),
  };
  return calls;
}

/** Waits for every job to end, so that none is running when the next fault comes. */
export async function jobsDone({ parts }: Subject) {
  for await (const { status } of parts.jobs.watch((await parts.jobs.start('default')).id, new AbortController().signal))
    if (status !== 'running') return;
}
