import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { readKeysFile } from './api-key.ts';
import { AppError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import {
  apiKeys,
  bytes,
  duration,
  endpoints,
  flag,
  folder,
  host,
  httpUrl,
  logLevel,
  networks,
  origins,
  proxyUrl,
  redisUrl,
  share,
  suppliedFolder,
  text,
  wholeNumber,
} from './setting-values.ts';

/** Every setting, by its name in the environment. A test compares README's table with these. */
export const Settings = z.object({
  HOST: host.default('127.0.0.1').describe('the address to listen on; beyond loopback it needs API_KEYS'),
  PORT: wholeNumber(0, 65535).default(3000).describe('the port to listen on'),
  ALLOW_ANONYMOUS: flag.default(false).describe('true lets a HOST beyond loopback serve without keys'),
  API_KEYS: apiKeys.optional().describe('name:key[:collection|collection…[:right|right…]], comma-separated'),
  API_KEYS_FILE: text.optional().describe('a file with the same, one entry a line; read again on SIGHUP'),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000)
    .optional()
    .describe('requests of a key, or of an address without keys, in a minute; beyond: 429'),
  TOKENS_PER_DAY: wholeNumber(1, 1e12).optional().describe('model tokens of a key in a day of UTC; beyond: 429'),
  CORS_ORIGINS: origins.optional().describe('origins whose pages may call, comma-separated'),
  TRUSTED_PROXIES: networks
    .optional()
    .describe('proxies whose X-Forwarded-For tells where a request comes from: addresses or networks, comma-separated'),
  DATA_DIR: folder.prefault('./data').describe('everything that Assay stores'),
  WEAVIATE_URL: endpoints
    .optional()
    .describe('Weaviate in the place of the embedded store: its nodes, comma-separated'),
  WEAVIATE_API_KEY: text.optional().describe("that Weaviate's key"),
  WEAVIATE_GRPC_URL: text
    .optional()
    .describe('taken, as it often stands beside the two, and not used: Assay speaks HTTP'),
  REDIS_URL: redisUrl.optional().describe('a Redis, by which replicas share limits and jobs'),
  CORPUS_DIR: folder.prefault('./corpus').describe('the documents that npm start ingests'),
  PROMPTS_DIR: suppliedFolder('prompts').describe('the prompts; those that are not there are our own'),
  MODELS_DIR: suppliedFolder('.models').describe('the weights of the embedded models, placed by npm run setup'),
  MODELS_SOURCE: text
    .optional()
    .describe('a folder that npm run setup takes the weights from, before it looks elsewhere'),
  OPENAI_BASE_URL: httpUrl.optional().describe('an OpenAI-compatible server for chat and embeddings'),
  OPENAI_API_KEY: text.optional().describe("that server's key; alone it means OpenAI itself"),
  CHAT_MODEL: text.optional().describe('the model that answers'),
  EVALUATION_MODEL: text.optional().describe('the model that evaluates; by default the chat model'),
  EVALUATION_STYLE: z
    .enum(['plain', 'rubric', 'cross-check', 'full'], 'must be plain, rubric, cross-check or full')
    .default('rubric')
    .describe('how a language model is asked for its verdict'),
  EVALUATION_CALIBRATION: text
    .optional()
    .describe('a file by `assay evaluate --calibrate`, which makes verdicts of a model probabilities'),
  ENTAILMENT_MODEL_DIR: folder
    .optional()
    .describe('a folder with an entailment model for ONNX Runtime: a second opinion on the embedded verdict'),
  EMBEDDING_MODEL: text.optional().describe('the model that embeds; e5-small-v2-q is the embedded one'),
  ABSTENTION: text
    .max(500, 'must have at most 500 characters')
    .optional()
    .describe('what an answer says where the documents hold none'),
  ABSTAIN_BELOW: share.optional().describe('how likely an answer must be in the passages for one to be given'),
  TOP_K: wholeNumber(1, 20).default(3).describe('passages shown to the model'),
  CHUNK_SIZE_TOKENS: wholeNumber(32, 2048).default(256).describe('the most tokens in a passage'),
  CHUNK_OVERLAP_TOKENS: wholeNumber(0, 512).default(32).describe('tokens that neighbouring passages may share'),
  ASK_TIMEOUT_MS: wholeNumber(100, 3_600_000).default(60_000).describe('the deadline of a whole ask'),
  EVALUATION_TIMEOUT_MS: wholeNumber(100, 3_600_000).default(20_000).describe('the deadline of its evaluation'),
  MODEL_MAX_RETRIES: wholeNumber(0, 10).default(2).describe('retries of one call to a model server'),
  MODEL_MAX_CONCURRENT: wholeNumber(1, 100_000).default(1024).describe('calls to a model server at once; more wait'),
  HTTPS_PROXY: proxyUrl.optional().describe('a proxy through which model servers with https addresses are called'),
  NO_PROXY: text.optional().describe('hosts that are called without it, comma-separated'),
  FALLBACK_BASE_URL: httpUrl.optional().describe('a second server, asked where the first cannot answer'),
  FALLBACK_API_KEY: text.optional().describe("that server's key"),
  FALLBACK_CHAT_MODEL: text.optional().describe('the model to ask it for; by default that of the first'),
  MAX_CONCURRENT_ASKS: wholeNumber(1, 100_000)
    .default(1024)
    .describe('asks at once, and look-ups; beyond: 503 with Retry-After'),
  MAX_WAITING_ASKS: wholeNumber(0, 100_000).default(0).describe('asks beyond these that may wait for their turn'),
  ASK_WAIT_MS: wholeNumber(1, 600_000).default(1_000).describe('how long one may wait; then: 503 with Retry-After'),
  MAX_BODY_BYTES: bytes.prefault('20 MiB').describe('the largest request; beyond: 413'),
  ASKS_RETENTION: duration.prefault('30d').describe('how long records of asks are kept; 0 keeps none'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().describe('an OpenTelemetry collector that takes traces by OTLP/HTTP'),
  OTEL_SERVICE_NAME: text.default('assay').describe('the name of this service in traces'),
  OTEL_TRACES_SAMPLER_ARG: share.prefault('1').describe('the share of asks that are traced, 0 to 1'),
  LOG_LEVEL: logLevel.default('info').describe('how much is logged'),
});

/** Prefixes of names that only Assay uses: an unknown name with one of these is a mistake, not somebody else's. */
const ownPrefixes =
  /^(ABSTAIN|ABSTENTION|ASK|EVALUATION|EMBEDDING|ENTAILMENT|FALLBACK|MODEL_MAX|CHUNK|TOP|CHAT|API_KEYS|MAX_CONCURRENT|MAX_WAITING|MAX_BODY|PROMPTS|CORPUS|MODELS|RATE_LIMIT|TOKENS_PER)/;

export type Config = ReturnType<typeof readConfig>;

/**
 * The key, from `ASSAY_KEY`, that a command presents to a running service; undefined where there is none. It isn't a
 * setting of the service, and never an argument, which other users of the machine could read.
 * @throws AppError BAD_SETTINGS where it can't be a key
 */
export function readServiceKey({ ASSAY_KEY = '' }: NodeJS.ProcessEnv = process.env): string | undefined {
  const key = ASSAY_KEY.trim();
  // A key that no header can hold would be repeated in the refusal.
  if (!/^[\x21-\x7e]*$/.test(key))
    throw new AppError('BAD_SETTINGS', 'ASSAY_KEY: must be a key, in ASCII without spaces');
  return key === '' ? undefined : key;
}

/** Whether the terminal can do no more than print: it has no cursor to move, as that of an editor. */
export const isDumbTerminal = () => process.env.TERM === 'dumb';

/**
 * Reads the settings from the environment and, beneath it, from `.env` in `folder`.
 * @throws AppError BAD_SETTINGS naming every unknown or bad setting at once; values are never part of the message.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env, folder = process.cwd()) {
  const file = join(folder, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const known = new Set(Object.keys(Settings.shape));
  const problems: string[] = [];

  for (const name of Object.keys(fromFile)) if (!known.has(name)) problems.push(`${name}: unknown setting in .env`);
  for (const name of Object.keys(environment))
    if (!known.has(name) && ownPrefixes.test(name) && !/_(SERVICE|PORT)(_|$)/.test(name))
      problems.push(`${name}: unknown setting`);

  const given: Record<string, string> = {};
  const { https_proxy, no_proxy } = environment; // many programs read these names alone
  const inLowerCase = { ...(https_proxy && { HTTPS_PROXY: https_proxy }), ...(no_proxy && { NO_PROXY: no_proxy }) };
  for (const [name, value] of Object.entries({ ...fromFile, ...inLowerCase, ...environment })) {
    const bare = value?.trim() ?? '';
    if (bare !== '' && known.has(name)) given[name] = bare; // in compose files an empty value means "not set"
  }
  if (given.API_KEYS_FILE !== undefined) {
    if (given.API_KEYS !== undefined) problems.push('API_KEYS_FILE: give either API_KEYS or API_KEYS_FILE');
    delete given.API_KEYS;
  }
  const fileKeys = given.API_KEYS_FILE === undefined ? null : readKeysFile(given.API_KEYS_FILE);
  if (fileKeys) {
    for (const problem of fileKeys.problems) problems.push(`API_KEYS_FILE: ${problem}`);
    if (fileKeys.keys.length + fileKeys.problems.length === 0) problems.push('API_KEYS_FILE: the file holds no key');
  }

  const parsed = Settings.safeParse(given);
  if (!parsed.success)
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  const settings = parsed.data;
  const keys = fileKeys?.keys ?? settings?.API_KEYS ?? [];
  if (settings) {
    const open = !isLoopback(settings.HOST) && keys.length === 0 && !settings.ALLOW_ANONYMOUS;
    if (open) problems.push('HOST: an address beyond loopback needs API_KEYS, or ALLOW_ANONYMOUS=true');
    if (!settings.FALLBACK_BASE_URL && (settings.FALLBACK_API_KEY || settings.FALLBACK_CHAT_MODEL))
      problems.push('FALLBACK_BASE_URL: is what a fallback needs');
    if (settings.WEAVIATE_API_KEY && !settings.WEAVIATE_URL)
      problems.push('WEAVIATE_URL: is what WEAVIATE_API_KEY is for');
    if (settings.CHUNK_OVERLAP_TOKENS > settings.CHUNK_SIZE_TOKENS / 2)
      problems.push('CHUNK_OVERLAP_TOKENS: must be at most half of CHUNK_SIZE_TOKENS');
  }
  if (problems.length > 0 || !settings)
    throw new AppError(
      'BAD_SETTINGS',
      `The settings can't be used:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    );

  return {
    host: settings.HOST,
    port: settings.PORT,
    apiKeys: keys,
    apiKeysFile: settings.API_KEYS_FILE,
    rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
    tokensPerDay: settings.TOKENS_PER_DAY,
    corsOrigins: settings.CORS_ORIGINS ?? [],
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
    dataDir: settings.DATA_DIR,
    /** Settings that were given but change nothing, which the log is told. */
    unused: settings.WEAVIATE_GRPC_URL === undefined ? [] : ['WEAVIATE_GRPC_URL'],
    weaviate: settings.WEAVIATE_URL && { endpoints: settings.WEAVIATE_URL, apiKey: settings.WEAVIATE_API_KEY },
    redisUrl: settings.REDIS_URL,
    corpusDir: settings.CORPUS_DIR,
    corpusDirIsGiven: given.CORPUS_DIR !== undefined,
    promptsDir: settings.PROMPTS_DIR,
    modelsDir: settings.MODELS_DIR,
    models: {
      baseUrl: settings.OPENAI_BASE_URL,
      apiKey: settings.OPENAI_API_KEY,
      chat: settings.CHAT_MODEL,
      evaluation: settings.EVALUATION_MODEL,
      embedding: settings.EMBEDDING_MODEL,
      maxRetries: settings.MODEL_MAX_RETRIES,
      maxConcurrent: settings.MODEL_MAX_CONCURRENT,
      proxy: settings.HTTPS_PROXY ? { url: settings.HTTPS_PROXY, except: settings.NO_PROXY ?? '' } : undefined,
      fallback: settings.FALLBACK_BASE_URL
        ? {
            baseUrl: settings.FALLBACK_BASE_URL,
            apiKey: settings.FALLBACK_API_KEY,
            chat: settings.FALLBACK_CHAT_MODEL,
          }
        : undefined,
    },
    entailmentModelDir: settings.ENTAILMENT_MODEL_DIR,
    evaluationStyle: settings.EVALUATION_STYLE,
    evaluationCalibration: settings.EVALUATION_CALIBRATION,
    abstention: settings.ABSTENTION,
    abstainBelow: settings.ABSTAIN_BELOW,
    topK: settings.TOP_K,
    chunkSizeTokens: settings.CHUNK_SIZE_TOKENS,
    chunkOverlapTokens: settings.CHUNK_OVERLAP_TOKENS,
    askTimeoutMs: settings.ASK_TIMEOUT_MS,
    evaluationTimeoutMs: settings.EVALUATION_TIMEOUT_MS,
    admission: {
      most: settings.MAX_CONCURRENT_ASKS,
      mostWaiting: settings.MAX_WAITING_ASKS,
      waitMs: settings.ASK_WAIT_MS,
    },
    maxBodyBytes: settings.MAX_BODY_BYTES,
    asksRetentionMs: settings.ASKS_RETENTION,
    traces: {
      endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
      serviceName: settings.OTEL_SERVICE_NAME,
      ratio: settings.OTEL_TRACES_SAMPLER_ARG,
    },
    logLevel: settings.LOG_LEVEL,
  };
}

/**
 * The folder of the embedded store, for commands that work on its files.
 * @throws AppError BAD_SETTINGS where the documents are in Weaviate
 */
export function embeddedDataDir({ dataDir, weaviate }: Config): string {
  if (weaviate)
    throw new AppError(
      'BAD_SETTINGS',
      'This works on the embedded store only, and WEAVIATE_URL is set: unset it, or use what Weaviate has for it.',
    );
  return dataDir;
}
