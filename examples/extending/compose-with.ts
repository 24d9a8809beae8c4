// The service's own chain, with parts of yours in place of some of its own. model.ts, retriever.ts, judge.ts and serve.ts use it.
import { createAskChain } from '../../src/chain/ask.ts';
import { createConductAsk } from '../../src/chain/conduct-ask.ts';
import { createEvaluate } from '../../src/chain/evaluate.ts';
import { readPrompts } from '../../src/chain/prompts.ts';
import { AskRequest } from '../../src/chain/reply.ts';
import { createRetrieve } from '../../src/chain/retrieve.ts';
import { compose } from '../../src/compose.ts';
import { chooseModels, openAnswering } from '../../src/compose-models.ts';
import { readConfig } from '../../src/config.ts';

type ChainParts = Parameters<typeof createAskChain>[0];
type Judges = Parameters<typeof createEvaluate>[0];
type Own = { prompts: ReturnType<typeof readPrompts>; judges: Judges };

/** Composes everything as the settings say, and the chain with what `replace` returns. */
export async function composeWith(replace: (own: Own) => Partial<ChainParts>) {
  const config = { ...readConfig(), logLevel: 'warn' as const };
  const parts = await compose(config, { logTo: 'terminal' });
  const { abstention, topK, askTimeoutMs: timeoutMs } = config;
  const { judges, standaloneQuestion, ...answering } = openAnswering(
    config,
    chooseModels(config.models),
    parts.servers,
  );
  const chain = createAskChain({
    retrieve: createRetrieve(parts.search),
    ...answering,
    evaluate: createEvaluate(judges),
    abstention,
    ...replace({ prompts: readPrompts(config.promptsDir), judges }),
  });
  const conductAsk = createConductAsk({
    chain,
    abstention,
    standaloneQuestion,
    topK,
    timeoutMs,
    observe: parts.metrics.askEnded,
    saveAsk: undefined,
  });
  return { config, parts, conductAsk: parts.metrics.countInProgress(conductAsk) };
}

/** Asks the question of the command line, and prints the answer with its verdict. */
export async function askWith(replace: (own: Own) => Partial<ChainParts>) {
  const { parts, conductAsk } = await composeWith(replace);
  try {
    const { answer, verdict } = await conductAsk(AskRequest.parse({ question: process.argv[2] }));
    process.stdout.write(`${answer}\n${verdict.label}: ${verdict.reason}\n`);
  } finally {
    await parts.close();
  }
}
