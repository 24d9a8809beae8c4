import { request } from 'undici';
import { AppError } from '../../errors.ts';
import { type EngineAddress, unreachable } from './nodes.ts';

const replyMs = 2_000;

/** What an address is: of a Weaviate that takes the key, or of one that has not come up yet. */
async function look(endpoint: string, apiKey: string | undefined): Promise<'there' | 'absent'> {
  const signal = AbortSignal.timeout(replyMs);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const url = `${endpoint.replace(/\/+$/, '')}/v1/meta`;
  const reply = await request(url, { headers, signal }).catch(() => null);
  const text = await reply?.body.text().catch(() => null);
  if (!reply || typeof text !== 'string' || reply.statusCode >= 500) return 'absent';
  if (reply.statusCode === 401 || reply.statusCode === 403)
    throw new AppError('BAD_SETTINGS', 'WEAVIATE_API_KEY: Weaviate refuses it.');
  if (reply.statusCode !== 200 || !/"hostname"/.test(text) || !/"version"/.test(text))
    throw new AppError('BAD_SETTINGS', 'WEAVIATE_URL: what replies there is no Weaviate.');
  return 'there';
}

/**
 * Tells a Weaviate that has not come up yet, which may be waited for, from settings that it will never take.
 * @throws AppError NOT_READY where no address replies; BAD_SETTINGS where another product does, or the key is refused
 */
export async function checkAddress({ endpoints, apiKey }: EngineAddress) {
  const found = await Promise.all(endpoints.map((endpoint) => look(endpoint, apiKey)));
  if (!found.includes('there')) throw unreachable();
}
