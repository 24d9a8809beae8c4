import { request } from 'undici';
import { AppError } from '../../errors.ts';
import { type EngineAddress, unreachable } from './nodes.ts';

const replyMs = 2_000;

/** Whether a Weaviate that takes the key replies at an address, or nothing yet. */
async function probe(endpoint: string, apiKey: string | undefined): Promise<'there' | 'absent'> {
  const signal = AbortSignal.timeout(replyMs);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const url = `${endpoint.replace(/\/+$/, '')}/v1/meta`;
  const reply = await request(url, { headers, signal }).catch(() => null);
  const text = await reply?.body.text().catch(() => null);
  if (!reply || typeof text !== 'string' || reply.statusCode === 429 || reply.statusCode >= 500) return 'absent';
  if (reply.statusCode === 401 || reply.statusCode === 403)
    throw new AppError('BAD_SETTINGS', 'WEAVIATE_API_KEY: Weaviate refuses it.');
  if (reply.statusCode !== 200 || !/"hostname"/.test(text) || !/"version"/.test(text))
    throw new AppError('BAD_SETTINGS', 'WEAVIATE_URL: what replies there is no Weaviate.');
  return 'there';
}

/**
 * Tells a Weaviate that isn't up yet, for which it makes sense to wait, from settings that can't work.
 * @throws AppError NOT_READY where no address replies; BAD_SETTINGS where something else replies, or the key is refused
 */
export async function checkAddress({ endpoints, apiKey }: EngineAddress) {
  const found = await Promise.all(endpoints.map((endpoint) => probe(endpoint, apiKey)));
  if (!found.includes('there')) throw unreachable();
}
