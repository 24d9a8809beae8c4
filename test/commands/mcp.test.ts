import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startCommand } from '../doubles/command-line.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

test('the official client starts assay mcp as docs/mcp.md says, adds a document, asks, and ends it', async (t) => {
  const page = readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8');
  const shown = /```json\n(\{\n {2}"mcpServers"[\s\S]*?)```/.exec(page)![1]!.replaceAll('/path/to/assay/', project);
  const { command, args, env } = JSON.parse(shown).mcpServers.assay;
  const { PATH = '', HOME = '' } = process.env;
  const folder = await temporaryFolder(t);
  const transport = new StdioClientTransport({
    command,
    args,
    cwd: folder,
    env: { PATH, HOME, ...env, DATA_DIR: join(folder, 'data') },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'test', version: '1' });
  const logged = text(transport.stderr as Readable);
  await client.connect(transport);
  t.after(() => client.close());
  const added = await client.callTool({
    name: 'add_document',
    arguments: { source: 'log.md', text: 'The tower at Cape Alder was rebuilt in 1904.' },
  });
  assert.equal((added.structuredContent as { source: string }).source, 'log.md');
  const asked = await client.callTool({ name: 'ask', arguments: { question: 'When was the tower rebuilt?' } });
  const [{ text: told }] = asked.content as [{ text: string }];
  assert.match(told, /^Answer: The tower at Cape Alder was rebuilt in 1904\.\n\nVerdict: Correct/);
  assert.equal((await client.listResources()).resources.length, 1);
  await client.close();
  assert.match(await logged, /speaking MCP on stdin and stdout/);
});

test('assay mcp writes nothing but protocol messages to stdout, and ends with its input', async (t) => {
  const child = startCommand(['mcp'], { DATA_DIR: await temporaryFolder(t), LOG_LEVEL: 'trace' }, undefined, 'pipe');
  t.after(async () => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface(child.stdout!).on('line', (line) => lines.push(line));
  child.stderr!.resume();
  const send = (message: object) => child.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  });
  await once(reader, 'line');
  send({ method: 'notifications/initialized' });
  child.stdin!.write('this is no message\n');
  send({ id: 2, method: 'tools/call', params: { name: 'ask', arguments: { question: 'What?', collection: 'attic' } } });
  await once(reader, 'line');
  child.stdin!.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  const messages = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    messages.map(({ jsonrpc, id }) => [jsonrpc, id]),
    [
      ['2.0', 1],
      ['2.0', 2],
    ],
  );
  assert.match(messages[1].result.content[0].text, /^COLLECTION_NOT_FOUND/);
});
