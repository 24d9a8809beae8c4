import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { AppError, framesOf, plainError } from '../../src/errors.ts';
import { errorForLog } from '../../src/http/error-reply.ts';
import { openLogger } from '../../src/observe/logger.ts';

/** Its message looks like a stack frame, as text from outside may. */
const error = Object.assign(new TypeError('canary one\n    at canary (two)'), { code: 'ECONNRESET', status: 418 });

function logged(log: (logger: ReturnType<typeof openLogger>) => void) {
  const lines: string[] = [];
  log(openLogger('info', { write: (line) => void lines.push(line) }));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]!, /canary/);
  return JSON.parse(lines[0]!);
}

test('a logged error keeps its name, its code and where it was thrown but not its message, however it is logged', () => {
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

test('for people too, on stderr, a logged error has no message', async () => {
  const logger = new URL('../../src/observe/logger.ts', import.meta.url);
  const program = `import { openLogger } from '${logger}';
    const logger = openLogger('warn', 'terminal');
    logger.info('kept back');
    logger.warn({ reason: new TypeError('canary') }, 'told');`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  assert.equal(stdout, '');
  assert.match(stderr, /^\[[\d:.]+\] WARN: told\n/);
  assert.match(stderr, /TypeError/);
  assert.doesNotMatch(stderr, /canary|kept back/);
});

test('an error code is logged if it is a known one, and left out if a server may have made it up', () => {
  const told = (code: unknown) => plainError(Object.assign(new Error('canary'), { code })).code;
  for (const known of [
    'ECONNREFUSED',
    'CERT_HAS_EXPIRED',
    'UND_ERR_SOCKET',
    'FST_ERR_VALIDATION',
    'model_not_found',
    'MODEL_TIMEOUT',
  ])
    assert.equal(told(known), known);
  for (const unknown of ['canary', 'CANARY', 'ERR_canary words', 'EVERY CANARY', 7, {}, undefined])
    assert.equal(told(unknown), undefined);
});

test('a logged request or reply has no URL and no headers', () => {
  const req = { id: 'r', method: 'GET', url: '/?canary', headers: { authorization: 'canary' } };
  const line = logged((logger) =>
    logger.info({ req, res: { statusCode: 200, headers: { cookie: 'canary' } } }, 'told'),
  );
  assert.deepEqual([line.req, line.res], [{ id: 'r', method: 'GET' }, { statusCode: 200 }]);
});

test('an unforeseen failure is logged with stack frames and no message', () => {
  const told = errorForLog(new AppError('INTERNAL', 'Unexpected failure', { cause: error }));
  assert.match(told.frames![0]!, /logger\.test\.ts/);
  assert.deepEqual([told.code, told.cause], ['INTERNAL', plainError(error)]);
  assert.doesNotMatch(JSON.stringify(told), /canary/);
  const foreseen = errorForLog(new AppError('MODEL_UNAVAILABLE', 'canary', { cause: error }));
  assert.deepEqual(foreseen, { code: 'MODEL_UNAVAILABLE', cause: plainError(error) });
  assert.deepEqual(framesOf(Object.assign(new Error('x'), { stack: undefined })), []);
});
