import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { HumanMessage } from '@langchain/core/messages';
import { setupFacts } from '../../scripts/setup/facts.mjs';
import { readCalibrationFile } from '../chain/calibration.ts';
import { readPrompts } from '../chain/prompts.ts';
import { openKnowledge } from '../compose-knowledge.ts';
import { chooseModels, openChatModel, openEmbeddings, openModelServers } from '../compose-models.ts';
import { type Config, embeddedDataDir, readConfig } from '../config.ts';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import type { StoreFinding as Finding } from '../knowledge/store-finding.ts';
import { inspectStore, verifyStore } from '../knowledge/verify.ts';
import { openEntailmentModel } from '../models/entailment.ts';
import { showCount, writeJson } from './terminal.ts';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a check. Where it fails, the finding is the failure's message. */
async function check(name: string, work: () => string | Promise<string>): Promise<Finding> {
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

/** @returns `detail`, if the condition holds @throws AppError saying how to mend it, if not */
const expect = (condition: boolean, detail: string, mend: string) => {
  if (!condition) throw new AppError('NOT_READY', mend);
  return detail;
};

/**
 * Checks the installation, the settings, the models and the store, in the order in which they depend on each other.
 * @param options.verify checks everything in the store for consistency, also while a service uses it
 * @returns a finding for each check; failures are findings too, never thrown
 */
async function examine(options: { verify?: boolean | undefined } = {}): Promise<Finding[]> {
  const findings = [
    await check('runtime', () => {
      const { version } = process;
      return expect(
        Number(version.slice(1).split('.')[0]) >= 26,
        `Node ${version}`,
        `Node ${version} is too old: start Assay with npm start or npx assay.`,
      );
    }),
  ];
  let config: Config | undefined;
  findings.push(
    await check('settings', () => {
      config = readConfig();
      return 'all usable';
    }),
  );
  if (!config) return findings;
  const { promptsDir, modelsDir } = config;
  const settings = config;
  const facts = setupFacts(projectFolder, modelsDir);
  findings.push(
    await check('prompts', () => `${Object.keys(readPrompts(promptsDir)).length} usable`),
    await check('FAISS binding', () =>
      expect(
        facts.faiss.present,
        `${facts.faiss.kind}, FAISS ${facts.faiss.faissVersion}`,
        'It is missing: run npm run setup.',
      ),
    ),
  );
  for (const { name, verified } of facts.models)
    findings.push(
      await check(`weights of ${name}`, () =>
        expect(verified, 'as the manifest says', 'They are missing or not as the manifest says: run npm run setup.'),
      ),
    );

  const models = chooseModels(settings.models);
  const embedding = await check('embedding model', async () => {
    const embeddings = await openEmbeddings(settings, models.embedding);
    return `${models.embedding} answers with vectors of ${(await embeddings.embedQuery('ready?')).length} numbers`;
  });
  findings.push(embedding);
  if (models.chat === null)
    findings.push({ name: 'chat model', ok: true, detail: 'none configured: answers are quoted from the documents' });
  else findings.push(...(await checkChatModels(settings)));
  const { redisUrl, evaluationCalibration, entailmentModelDir } = settings;
  if (entailmentModelDir !== undefined)
    findings.push(await check('entailment model', () => checkEntailmentModel(entailmentModelDir)));
  if (models.chat !== null && evaluationCalibration !== undefined)
    findings.push(await check('calibration', () => checkCalibration(evaluationCalibration, settings)));
  if (redisUrl !== undefined) findings.push(await check('Redis', () => checkRedis(redisUrl)));
  if (options.verify) {
    const bar = showCount('Verifying');
    const verified = verifyStore({
      dataDir: embeddedDataDir(settings),
      embeddingModel: models.embedding,
      onProgress: bar.update,
    });
    return [...findings, ...(await verified.finally(bar.end))];
  }
  // The embedded store belongs to one process, which may be a running service: so it is only read.
  if (settings.weaviate) findings.push(await check('store', () => checkWeaviate(settings, models.embedding)));
  else
    findings.push(
      ...inspectStore({ dataDir: settings.dataDir, embeddingModel: models.embedding, toText: contentText }),
    );
  return findings;
}

const contentText = ({ documents, passages, collections }: Record<'documents' | 'passages' | 'collections', number>) =>
  [counted(documents, 'document'), counted(passages, 'passage'), counted(collections, 'collection')].join(', ');

async function checkWeaviate(config: Config, embeddingModel: string): Promise<string> {
  const knowledge = await openKnowledge(config, { embeddingModel });
  try {
    await knowledge.open();
    return contentText(await knowledge.stats());
  } finally {
    await knowledge.close();
  }
}

/** Checks that the calibration is of the model and the style in use: one of another model or style has no effect, and nobody would notice. */
function checkCalibration(file: string, { models, evaluationStyle }: Config): string {
  const { evaluation } = chooseModels(models);
  if (evaluationStyle === 'plain')
    throw new AppError(
      'BAD_SETTINGS',
      'EVALUATION_STYLE=plain is not calibrated: unset EVALUATION_CALIBRATION, or set another style.',
    );
  const bases = readCalibrationFile(file)
    .filter(({ model, style }) => model === evaluation && style === evaluationStyle)
    .map(({ basis }) => basis);
  return expect(
    bases.length > 0,
    `of ${evaluation}, ${evaluationStyle}, by ${bases.join(' and ')}`,
    `It holds none of ${evaluation} in the style ${evaluationStyle}: npx assay evaluate DATASET --styles ${evaluationStyle} --calibrate FILE makes one.`,
  );
}

async function checkRedis(url: string): Promise<string> {
  const { openRedis } = await import('../replicas/open-redis.ts');
  let reason: string | undefined;
  const { isUp, close } = await openRedis(url, {
    onAway: (why) => {
      reason = why;
    },
    onBack: () => {},
  });
  const replies = isUp();
  close();
  return expect(
    replies,
    'replies',
    `It does not reply (${reason ?? 'no reason given'}): check REDIS_URL and the server.`,
  );
}

/** Tries each chat model of each server by itself: where another stood in, nobody would learn which of them fails. */
async function checkChatModels(config: Config): Promise<Finding[]> {
  const models = chooseModels(config.models);
  const names = [...new Set([models.chat, models.evaluation])].filter((name) => name !== null);
  const { main, fallback } = openModelServers(config);
  const answers = async (server: typeof main, name: string) => {
    await openChatModel({ main: server, fallback: undefined }, name).invoke(
      [new HumanMessage('Reply with the word: ready')],
      { signal: AbortSignal.timeout(20_000) },
    );
    return 'answers';
  };
  const checks = names.map((name) => check(`chat model ${name}`, () => answers(main, name)));
  if (fallback)
    for (const name of new Set(names.map((each) => fallback.model ?? each)))
      checks.push(check(`fallback model ${name}`, () => answers(fallback.server, name)));
  return Promise.all(checks);
}

async function checkEntailmentModel(folder: string): Promise<string> {
  const { close } = await openEntailmentModel(folder);
  await close();
  return 'can be loaded';
}

/** `assay doctor`: prints the findings; the exit code is 1 if something is wrong. */
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
