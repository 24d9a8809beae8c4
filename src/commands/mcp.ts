import { once } from 'node:events';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { compose } from '../compose.ts';
import { readConfig } from '../config.ts';
import { createMcpServer } from '../http/mcp-server.ts';
import { withWayOut } from './terminal.ts';

/**
 * `assay mcp`: the Model Context Protocol on stdin and stdout, for whoever started the process; logs go to stderr. It ends when
 * stdin does, or on SIGTERM or SIGINT.
 */
export async function serveMcp() {
  // stdout belongs to the protocol: whatever a library might print there goes to stderr.
  const stdout = Object.create(process.stdout, { write: { value: process.stdout.write.bind(process.stdout) } });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const parts = await compose(readConfig(), { logTo: { write: (line) => process.stderr.write(line) } }).catch(
    withWayOut('Speak to the service that runs on it, at its /mcp, or stop it first.'),
  );
  try {
    const { conductAsk, search, ingestUploads, knowledge, about, logger: log, settings } = parts;
    const server = createMcpServer(
      { conductAsk, search, ingestUploads, knowledge, topK: settings.topK, version: about.versions.assay! },
      { keyName: null, traceparent: null, mayUse: () => true, mayWrite: true, requestId: 'stdio', log },
    );
    const transport = new StdioServerTransport(process.stdin, stdout);
    const ended = Promise.race([
      once(process.stdin, 'end'),
      ...(['SIGTERM', 'SIGINT'] as const).map((signal) => once(process, signal)),
    ]);
    await server.connect(transport);
    log.info(about, 'speaking MCP on stdin and stdout');
    await ended;
    await server.close();
  } finally {
    await parts.close();
  }
}
