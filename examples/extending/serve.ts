// The whole service with a judge of your own: npx node examples/extending/serve.ts
import { once } from 'node:events';
import { buildApp } from '../../src/app.ts';
import { createEvaluate } from '../../src/chain/evaluate.ts';
import { composeWith } from './compose-with.ts';
import { numbersJudge } from './numbers-judge.ts';

const { config, parts, conductAsk } = await composeWith(({ judges }) => ({
  evaluate: createEvaluate({ ...judges, context: numbersJudge }),
}));
const app = await buildApp({ ...parts, conductAsk });
const address = await app.listen({ host: config.host, port: config.port });
process.stdout.write(`listening on ${address}\n`);
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await app.close();
await parts.close();
