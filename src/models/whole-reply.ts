import type { Dispatcher } from 'undici';
import { AppError } from '../errors.ts';
import { mostPieces } from './server-sent-events.ts';
import { isGood, refuseReportedFailure, ServerReplied, translateFailure } from './translate-failure.ts';

/**
 * Sends a request and reads the whole reply as JSON, without a stream's overhead; rejects with translated failures.
 * @param signal the call's own, so its listener needs no removal
 * @param longest no useful reply is longer, in bytes; it is cut off there
 */
export function wholeReply<Reply>(
  dispatcher: Dispatcher,
  request: Dispatcher.RequestOptions,
  signal: AbortSignal,
  longest: number,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const fail = (error: unknown) => reject(translateFailure(error, signal));
  if (signal.aborted) {
    fail(signal.reason);
    return promise;
  }
  const pieces: Buffer[] = [];
  let length = 0;
  let status = 0;
  let headers: Record<string, string | string[] | undefined> = {};
  let abort = () => fail(signal.reason); // until the request has a connection
  signal.addEventListener('abort', () => abort(), { once: true });
  dispatcher.dispatch(request, {
    onRequestStart(controller) {
      abort = () => controller.abort(signal.reason);
      if (signal.aborted) abort();
    },
    onResponseStart(_controller, statusCode, received) {
      status = statusCode;
      headers = received;
    },
    onResponseData(controller, piece) {
      pieces.push(piece);
      length += piece.length;
      if (length > longest || pieces.length > mostPieces)
        controller.abort(new AppError('MODEL_BAD_OUTPUT', 'The reply of the model server is too long.'));
    },
    onResponseEnd() {
      const text = Buffer.concat(pieces).toString();
      if (!isGood(status)) return fail(new ServerReplied(status, headers, text));
      try {
        const reply = JSON.parse(text);
        refuseReportedFailure(reply);
        resolve(reply);
      } catch (error) {
        fail(error);
      }
    },
    onResponseError(_controller, error) {
      fail(error);
    },
  });
  return promise;
}
