import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { errorBody, errorForLog, toAppError } from '../../src/http/error-reply.ts';

test('a refusal by Fastify tells what is wrong with the request; all else is a failure of ours, in fixed words', () => {
  for (const [failure, code, status] of [
    [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'TOO_LARGE', 413],
    [{ code: 'FST_ERR_CTP_INVALID_JSON_BODY', statusCode: 400 }, 'BAD_JSON', 400],
    [{ code: 'FST_ERR_CTP_EMPTY_JSON_BODY', statusCode: 400 }, 'BAD_JSON', 400],
    [{ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 }, 'UNSUPPORTED_FORMAT', 415],
    [{ code: 'FST_PARTS_LIMIT', statusCode: 413 }, 'TOO_LARGE', 413],
    [{ code: 'FST_FILES_LIMIT', statusCode: 413 }, 'TOO_LARGE', 413],
    [{ code: 'FST_FIELDS_LIMIT', statusCode: 413 }, 'TOO_LARGE', 413],
    [{ code: 'FST_REQ_FILE_TOO_LARGE', statusCode: 413 }, 'TOO_LARGE', 413],
    [{ code: 'FST_ERR_BAD_URL', statusCode: 400 }, 'BAD_INPUT', 400],
    [{ statusCode: 400 }, 'BAD_INPUT', 400],
    [{ statusCode: 499 }, 'BAD_INPUT', 400],
    [{ code: 'FST_ERR_REP_INVALID_PAYLOAD_TYPE', statusCode: 500 }, 'INTERNAL', 500],
    [{ code: 'FST_ERR_SEND_INSIDE_ONERR' }, 'INTERNAL', 500],
    [{ statusCode: 399 }, 'INTERNAL', 500],
    [{ statusCode: 503 }, 'INTERNAL', 500],
    [{ code: 'ECONNRESET' }, 'INTERNAL', 500],
  ] as const) {
    const error = toAppError(Object.assign(new Error('canary'), failure));
    assert.deepEqual([error.code, error.status], [code, status], JSON.stringify(failure));
    assert.doesNotMatch(JSON.stringify(errorBody(error, 'id')), /canary/);
  }
  for (const thrown of [null, undefined, 'canary']) assert.equal(toAppError(thrown).code, 'INTERNAL');
  const own = new AppError('BAD_INPUT', 'as it is');
  assert.equal(toAppError(own), own);
});

test('of failures that are not theirs callers are told in fixed words, except that their text is too long', () => {
  const told = (...given: ConstructorParameters<typeof AppError>) => errorBody(new AppError(...given), 'id').error;
  assert.deepEqual(told('BAD_INPUT', 'mine'), { code: 'BAD_INPUT', message: 'mine', requestId: 'id' });
  for (const code of ['INTERNAL', 'MODEL_REJECTED', 'MODEL_BAD_OUTPUT', 'MODEL_UNAVAILABLE', 'MODEL_TIMEOUT'] as const)
    assert.doesNotMatch(told(code, 'canary').message, /canary/, code);
  for (const code of ['OVERLOADED', 'NOT_READY', 'STORAGE_FULL', 'COLLECTION_NOT_FOUND'] as const)
    assert.doesNotMatch(told(code, 'canary').message, /canary/, code);
  const cause = Object.assign(new Error('canary'), { code: 'context_length_exceeded' });
  assert.match(told('MODEL_REJECTED', 'canary', { cause }).message, /^The text is too long/);
});

test('the log shows where a failure of ours came from, and of others only their code and their cause, all without words', () => {
  const cause = Object.assign(new Error('canary'), { code: 'ECONNRESET' });
  const ours = errorForLog(new AppError('INTERNAL', 'canary', { cause }));
  assert.match(ours.frames![0]!, /error-reply\.test\.ts/);
  assert.doesNotMatch(JSON.stringify(ours), /canary/);
  assert.ok(errorForLog(new AppError('INTERNAL', 'canary', { cause: 'canary' })).frames);
  const { frames, ...told } = errorForLog(new AppError('MODEL_UNAVAILABLE', 'canary', { cause }));
  assert.equal(frames, undefined);
  assert.deepEqual(told, { code: 'MODEL_UNAVAILABLE', cause: { name: 'Error', code: 'ECONNRESET' } });
  assert.deepEqual(errorForLog(new AppError('NOT_READY', 'canary')), { code: 'NOT_READY' });
});
