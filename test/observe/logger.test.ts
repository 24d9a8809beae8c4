import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, framesOf, plainError } from '../../src/errors.ts';
import { errorForLog } from '../../src/http/error-reply.ts';
import { openLogger } from '../../src/observe/logger.ts';

/** Words that look like a place in the code, as a text from outside may. */
const error = Object.assign(new TypeError('canary one\n    at canary (two)'), { code: 'ECONNRESET', status: 418 });

function logged(log: (logger: ReturnType<typeof openLogger>) => void) {
  const lines: string[] = [];
  log(openLogger('info', { write: (line) => void lines.push(line) }));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]!, /canary/);
  return JSON.parse(lines[0]!);
}

test('an error loses its words, however it is logged, and keeps its kind and where it was thrown', () => {
  for (const [name, message, log] of [
    ['err', 'failure', (logger) => logger.error(error)],
    ['err', 'failure', (logger) => logger.error({ err: error })],
    ['err', 'told', (logger) => logger.error({ err: error }, 'told')],
    ['error', 'told', (logger) => logger.error({ error }, 'told')],
    ['reason', 'told', (logger) => logger.error({ reason: error }, 'told')],
    ['err', 'told', (logger) => logger.child({ reqId: 'r' }).error(error, 'told')],
    ['err', 'told', (logger) => logger.child({ err: error }).error('told')],
  ] as [string, string, (logger: ReturnType<typeof openLogger>) => void][]) {
    const { msg, [name]: told } = logged(log);
    assert.equal(msg, message);
    assert.deepEqual([told.name, told.code, told.status], ['TypeError', 'ECONNRESET', 418]);
    assert.match(told.frames[0], /logger\.test\.ts/);
  }
});

test('a code is told where it is known, and left out where a server made it up', () => {
  const told = (code: unknown) => plainError(Object.assign(new Error('canary'), { code })).code;
  for (const known of ['ECONNREFUSED', 'UND_ERR_SOCKET', 'FST_ERR_VALIDATION', 'model_not_found', 'MODEL_TIMEOUT'])
    assert.equal(told(known), known);
  for (const unknown of ['canary', 'CANARY', 'ERR_canary words', 'EVERY CANARY', 7, {}, undefined])
    assert.equal(told(unknown), undefined);
});

test('a request and a reply that are logged leave URL and headers behind', () => {
  const req = { id: 'r', method: 'GET', url: '/?canary', headers: { authorization: 'canary' } };
  const line = logged((logger) =>
    logger.info({ req, res: { statusCode: 200, headers: { cookie: 'canary' } } }, 'told'),
  );
  assert.deepEqual([line.req, line.res], [{ id: 'r', method: 'GET' }, { statusCode: 200 }]);
});

test('what the log is told of an unforeseen failure holds frames and no words', () => {
  const told = errorForLog(new AppError('INTERNAL', 'Unexpected failure', { cause: error }));
  assert.match(told.frames![0]!, /logger\.test\.ts/);
  assert.doesNotMatch(JSON.stringify(told), /canary/);
  assert.deepEqual(framesOf(Object.assign(new Error('x'), { stack: undefined })), []);
});
