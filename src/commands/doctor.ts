import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { HumanMessage } from '@langchain/core/messages';
import { setupFacts } from '../../scripts/setup/facts.mjs';
import { readCalibrationFile } from '../chain/calibration.ts';
import { readPrompts } from '../chain/prompts.ts';
import { openKnowledge } from '../compose-knowledge.ts';
import { chooseModels, openChatModel, openEmbeddings, openModelServers } from '../compose-models.ts';
import { type Config, embeddedDataDir, readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import type { StoreFinding as Finding } from '../knowledge/store-finding.ts';
import { inspectStore, verifyStore } from '../knowledge/verify.ts';
import { counted, showCount, writeJson } from './terminal.ts';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** A look at one thing; a failure made on purpose is the finding, in its own words. */
async function look(name: string, work: () => string | Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: error instanceof AppError ? error.message : `failed: ${(error as Error).message}`,
    };
  }
}

const need = (condition: boolean, detail: string, mend: string) => {
  if (!condition) throw new AppError('NOT_READY', mend);
  return detail;
};

/**
 * Looks at the installation, the settings, the models and the store, in the order in which they need each other.
 * @param options.verify checks the whole store against itself, which a service that runs on it does not mind
 */
export async function examine(options: { verify?: boolean | undefined } = {}): Promise<Finding[]> {
  const findings = [
    await look('runtime', () => {
      const { version } = process;
      return need(
        Number(version.slice(1).split('.')[0]) >= 26,
        `Node ${version}`,
        `Node ${version} is too old: start it by npm start or npx assay.`,
      );
    }),
  ];
  let config: Config | undefined;
  findings.push(
    await look('settings', () => {
      config = readConfig();
      return 'all usable';
    }),
  );
  if (!config) return findings;
  const { promptsDir, modelsDir } = config;
  const settings = config;
  const facts = setupFacts(projectFolder, modelsDir);
  findings.push(
    await look('prompts', () => `${Object.keys(readPrompts(promptsDir)).length} usable`),
    await look('FAISS binding', () =>
      need(
        facts.faiss.present,
        `${facts.faiss.kind}, FAISS ${facts.faiss.faissVersion}`,
        'It is missing: run npm run setup.',
      ),
    ),
  );
  for (const { name, verified } of facts.models)
    findings.push(
      await look(`weights of ${name}`, () =>
        need(verified, 'as the manifest says', 'They are missing or not as the manifest says: run npm run setup.'),
      ),
    );

  const models = chooseModels(settings.models);
  const embedding = await look('embedding model', async () => {
    const embeddings = await openEmbeddings(settings, models.embedding);
    return `${models.embedding} answers with ${(await embeddings.embedQuery('ready?')).length} numbers a text`;
  });
  findings.push(embedding);
  if (models.chat === null)
    findings.push({ name: 'chat model', ok: true, detail: 'none configured: answers are quoted from the documents' });
  else findings.push(...(await lookAtChat(settings)));
  const { redisUrl, evaluationCalibration } = settings;
  if (models.chat !== null && evaluationCalibration !== undefined)
    findings.push(await look('calibration', () => lookAtCalibration(evaluationCalibration, settings)));
  if (redisUrl !== undefined) findings.push(await look('Redis', () => lookAtRedis(redisUrl)));
  if (options.verify) {
    const bar = showCount('Verifying');
    const verified = verifyStore({
      dataDir: embeddedDataDir(settings),
      embeddingModel: models.embedding,
      onProgress: bar.update,
    });
    return [...findings, ...(await verified.finally(bar.end))];
  }
  // The embedded store is one process's alone, and a service may be that one: it is only read.
  if (settings.weaviate) findings.push(await look('store', () => lookAtWeaviate(settings, models.embedding)));
  else
    findings.push(
      ...inspectStore({ dataDir: settings.dataDir, embeddingModel: models.embedding, toText: contentText }),
    );
  return findings;
}

const contentText = ({ documents, passages, collections }: Record<'documents' | 'passages' | 'collections', number>) =>
  [counted(documents, 'document'), counted(passages, 'passage'), counted(collections, 'collection')].join(', ');

async function lookAtWeaviate(config: Config, embeddingModel: string): Promise<string> {
  const knowledge = await openKnowledge(config, { embeddingModel });
  try {
    await knowledge.open();
    return contentText(await knowledge.stats());
  } finally {
    await knowledge.close();
  }
}

/** A calibration is of one model, asked in one style: for another it changes nothing, and nobody would notice. */
function lookAtCalibration(file: string, { models, evaluationStyle }: Config): string {
  const { evaluation } = chooseModels(models);
  const bases = readCalibrationFile(file)
    .filter(({ model, style }) => model === evaluation && style === evaluationStyle)
    .map(({ basis }) => basis);
  if (evaluationStyle === 'plain')
    return need(
      false,
      '',
      'EVALUATION_STYLE=plain is not calibrated: unset EVALUATION_CALIBRATION, or set another style.',
    );
  return need(
    bases.length > 0,
    `of ${evaluation}, ${evaluationStyle}, by ${bases.join(' and ')}`,
    `It holds none of ${evaluation} asked by ${evaluationStyle}: npx assay evaluate DATASET --styles ${evaluationStyle} --calibrate FILE makes one.`,
  );
}

async function lookAtRedis(url: string): Promise<string> {
  const { openRedis } = await import('../replicas/open-redis.ts');
  let told: string | undefined;
  const { isUp, close } = await openRedis(url, {
    onAway: (reason) => {
      told = reason;
    },
    onBack: () => {},
  });
  const replies = isUp();
  close();
  return need(
    replies,
    'replies',
    `It does not reply (${told ?? 'it says nothing'}): look at REDIS_URL and at the server.`,
  );
}

async function lookAtChat(config: Config): Promise<Finding[]> {
  const models = chooseModels(config.models);
  const names = [...new Set([models.chat, models.evaluation])].filter((name) => name !== null);
  return Promise.all(
    names.map((name) =>
      look(`chat model ${name}`, async () => {
        await openChatModel(openModelServers(config), name).invoke([new HumanMessage('Reply with the word: ready')], {
          signal: AbortSignal.timeout(20_000),
        });
        return 'answers';
      }),
    ),
  );
}

/** `assay doctor`: prints the findings; the exit code is 1 where something is wrong. */
export async function doctor(options: { json?: boolean; verify?: boolean } = {}) {
  const findings = await examine(options);
  if (options.json) writeJson(findings);
  else showFindings(findings);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}

function showFindings(findings: Finding[]) {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, ok, detail } of findings) {
    const word = ok ? styleText('green', 'ok   ') : styleText(['bold', 'red'], 'WRONG');
    process.stdout.write(`${word}  ${name.padEnd(width)}  ${detail}\n`);
  }
}
