import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Test } from './temporary-folder.ts';

/** The official client, connected to a service; every HTTP reply it got is kept. */
export async function connectMcp(t: Test, url: string, headers: Record<string, string> = {}) {
  const replies: { status: number; type: string | null }[] = [];
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers },
      fetch: async (...given) => {
        const reply = await fetch(...given);
        replies.push({ status: reply.status, type: reply.headers.get('content-type') });
        return reply;
      },
    }) as never,
  );
  t.after(() => client.close());
  return { client, replies };
}
