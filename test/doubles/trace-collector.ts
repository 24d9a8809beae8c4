import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from './temporary-folder.ts';

/** A span as OTLP's JSON has it, the parts that tests look at. */
export type CollectedSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
};

/** A collector that takes traces by OTLP over HTTP, in JSON, and keeps them; it closes when the test ends. */
export async function startTraceCollector(test: Test) {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const arrived = new EventEmitter();
  const server = createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
    bodies.push(body);
    for (const { scopeSpans } of JSON.parse(body).resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    arrived.emit('spans');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    /** What arrived, word for word. */
    bodies,
    /** Resolves when so many asks have arrived, with their outermost spans in the order of arrival. */
    async asks(count: number): Promise<CollectedSpan[]> {
      for (;;) {
        const roots = spans.filter(({ name }) => name === 'assay ask');
        if (roots.length >= count) return roots;
        await once(arrived, 'spans');
      }
    },
  };
}
