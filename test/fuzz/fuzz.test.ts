import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplyCheck } from './check-reply.ts';
import { fuzz } from './fuzz.ts';
import { startSubject } from './subject.ts';

/** The long form is `npm run fuzz`. */
test('no generated request gets a 5xx or a reply outside its schema', async (t) => {
  const subject = await startSubject(t);
  const { counts, problems } = await fuzz({ ...subject, requests: 600, seed: 2026, atOnce: 1 });
  assert.deepEqual(problems, []);
  const routes = Object.entries(subject.document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const route of routes) assert.ok(counts.has(route), `${route} was never asked`);
  const all = [...counts.values()].flatMap((statuses) => [...statuses.keys()]);
  for (const status of ['200', '201', '204', '400', '404', '415']) assert.ok(all.includes(status), `never a ${status}`);
});

test('the check of replies detects bad ones', async (t) => {
  const { document } = await startSubject(t);
  const check = createReplyCheck(document);
  const request = { route: 'POST /search', method: 'POST', path: '/search', headers: {}, body: Buffer.from('{}') };
  const headers = { 'x-request-id': 'r', 'content-type': 'application/json' };
  const error = (requestId: string, message = 'No.') => JSON.stringify({ error: { code: 'X', message, requestId } });
  assert.equal(check(request, { status: 200, headers, text: '{"context":[]}' }), null);
  assert.equal(check(request, { status: 400, headers, text: error('r') }), null);
  assert.match(check(request, { status: 200, headers, text: '{"context":[{}]}' })!, /outside its schema/);
  assert.match(check(request, { status: 200, headers, text: '{"context":[],"more":1}' })!, /outside its schema/);
  assert.match(check(request, { status: 400, headers, text: error('another') })!, /request id/);
  assert.match(check(request, { status: 400, headers, text: error('r', 'x\n    at y') })!, /inside/);
  assert.match(check(request, { status: 503, headers, text: error('r') })!, /status 503/);
  assert.match(
    check(request, { status: 200, headers: { ...headers, 'x-request-id': '' }, text: '{}' })!,
    /x-request-id/,
  );
  assert.match(check({ ...request, body: null }, null)!, /no reply/);
});
