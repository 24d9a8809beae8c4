import { once } from 'node:events';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { compose } from '../compose.ts';
import { readConfig } from '../config.ts';
import { createMcpServer } from '../http/mcp-server.ts';
import { withAdviceIfInUse } from './terminal.ts';

/**
 * `assay mcp`: speaks the Model Context Protocol on stdin and stdout with whoever started the process; logs go to stderr. Ends with stdin,
 * or on SIGTERM or SIGINT.
 */
export async function serveMcp() {
  // stdout belongs to the protocol: anything that a library prints there goes to stderr.
  const stdout = Object.create(process.stdout, { write: { value: process.stdout.write.bind(process.stdout) } });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const parts = await compose(readConfig(), { logTo: { write: (line) => process.stderr.write(line) } }).catch(
    withAdviceIfInUse('Speak to the service that runs on it, at its /mcp, or stop it first.'),
  );
  try {
    const { knowledge, about, logger: log, settings } = parts;
    const server = createMcpServer(
      { ...parts, openReader: () => knowledge, topK: settings.topK, version: about.versions.assay! },
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
