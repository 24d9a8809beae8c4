import fc from 'fast-check';
import { createReplyCheck } from './check-reply.ts';
import { type FuzzRequest, fuzzRequests, type OpenApi } from './requests.ts';
import { createSender, type Reply } from './send.ts';

/** How often each route replied with each status (`closed`: without a word), and what was wrong. */
export type FuzzReport = { counts: Map<string, Map<string, number>>; problems: string[] };

/** Ids from earlier replies, newest last, for use in paths. */
type Pool = Record<string, string[]>;

const mostKept = 50;
const batch = 500;

/**
 * Sends requests, made from a service's own OpenAPI document and a seed, and checks every reply.
 * @param options.atOnce how many are under way at a time; with 1 the same seed gives the same run
 * @param options.onProgress is told, now and then, how many requests are done
 */
export async function fuzz(options: {
  url: string;
  document: OpenApi;
  requests: number;
  seed: number;
  atOnce: number;
  onProgress?: (done: number) => void;
}): Promise<FuzzReport> {
  const { url, document, requests, seed, atOnce, onProgress } = options;
  const sender = createSender(url);
  const check = createReplyCheck(document);
  const report: FuzzReport = { counts: new Map(), problems: [] };
  const pool: Pool = { documents: [], asks: [], jobs: [], collections: ['default', 'team', 'a-1'] };
  const arbitrary = fuzzRequests(document);

  async function one(request: FuzzRequest, number: number): Promise<void> {
    const filled = { ...request, path: fillIn(request.path, pool, number) };
    let reply: Reply = null;
    let problem: string | null;
    try {
      reply = await sender.send(filled);
      problem = check(filled, reply);
    } catch (error) {
      problem = `${error}`;
    }
    if (reply) keep(pool, filled.route, reply);
    const statuses = report.counts.get(request.route) ?? new Map<string, number>();
    const status = String(reply?.status ?? 'closed');
    report.counts.set(request.route, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    if (problem !== null) report.problems.push(tell(number, filled, reply, problem));
  }

  for (let done = 0; done < requests; done += batch) {
    const numRuns = Math.min(batch, requests - done);
    const made = fc.sample(arbitrary, { seed: seed + done, numRuns }).entries();
    // Several take from the same list.
    const work = async () => {
      for (const [index, request] of made) await one(request, done + index);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    onProgress?.(done + numRuns);
  }
  sender.close();
  return report;
}

/** Puts something that is there into a path's `{id}` or `{name}`. */
function fillIn(path: string, pool: Pool, number: number): string {
  const known = pool[path.split('/')[1] ?? ''] ?? [];
  return path.replace(/\{\w+\}/, () => known[number % Math.max(known.length, 1)] ?? 'none');
}

/** Notes the ids that a reply tells. */
function keep(pool: Pool, route: string, { status, text }: NonNullable<Reply>): void {
  const ids = pool[{ 'POST /documents': 'documents', 'POST /ask': 'asks', 'POST /jobs': 'jobs' }[route] ?? ''];
  if (!ids || status >= 300) return;
  for (const [, id] of text.matchAll(/"id":"((?:doc|ask|job)_?[\w-]+|[\w-]{20,})"/g)) if (id) ids.push(id);
  ids.splice(0, Math.max(0, ids.length - mostKept));
}

function tell(
  number: number,
  { method, path, headers, body, raw }: FuzzRequest,
  reply: Reply,
  problem: string,
): string {
  const short = (text: string, most: number) =>
    text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;
  const sent = raw
    ? JSON.stringify(short(raw.toString('latin1'), 200))
    : `${method} ${short(path, 200)} ${JSON.stringify(headers)}`;
  const bodyText = body ? ` ${JSON.stringify(short(body.toString(), 400))}` : '';
  return `#${number} ${problem}\n  sent: ${sent}${bodyText}\n  got: ${reply?.status} ${short(reply?.text ?? '', 300)}`;
}
