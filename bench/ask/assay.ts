import { readdirSync, readFileSync } from 'node:fs';
import { buildApp } from '../../src/app.ts';
import { ingestWithProgress } from '../../src/commands/ingest.ts';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';

/** Assay as `assay serve` runs it; sends its port and the ids of its child processes to its parent. */
const config = readConfig();
const parts = await compose(config);
await ingestWithProgress(parts, [config.corpusDir], 'default');
const app = await buildApp(parts);
await app.listen({ host: config.host, port: config.port, backlog: 4096 });
const children = readdirSync(`/proc/${process.pid}/task`).flatMap((task) =>
  readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
);
process.send!({ port: (app.server.address() as { port: number }).port, pids: children.map(Number) });
process.on('disconnect', async () => {
  await app.close();
  await parts.close();
  process.exit();
});
