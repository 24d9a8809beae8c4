import type { BaseCache } from '@langchain/core/caches';
import type { Embeddings } from '@langchain/core/embeddings';
import { createModelAnswer } from './chain/answer.ts';
import { gateOfAnyModel, gateOfE5Small } from './chain/answer-gate.ts';
import { readCalibrations } from './chain/calibration.ts';
import { createExtractiveAnswer } from './chain/extract-answer.ts';
import {
  createFeatureJudge,
  createUnavailableJudge,
  type Entails,
  weightsOfAnyModel,
  weightsOfE5Small,
} from './chain/judge-by-features.ts';
import { createModelJudge, judgementFormat, plainFormat } from './chain/judge-by-model.ts';
import { readPrompts } from './chain/prompts.ts';
import { createModelStandaloneQuestion, createWordStandaloneQuestion } from './chain/standalone-question.ts';
import { createSuffices, type SufficiencyModel } from './chain/sufficiency.ts';
import type { Basis } from './chain/verdict.ts';
import type { Config } from './config.ts';
import { EmbeddedEmbeddings } from './models/embedded-embeddings.ts';
import manifest from './models/manifest.json' with { type: 'json' };
import { openModelServer } from './models/model-server.ts';
import { CheckedOpenAiChatModel } from './models/openai-chat-model.ts';
import { CheckedOpenAiEmbeddings } from './models/openai-embeddings.ts';

/** An embedding model whose calls can be cancelled; an embedded one has a thread, which `close` ends. */
type CancellableEmbeddings = Embeddings & {
  embedQuery(text: string, options?: { signal?: AbortSignal | undefined }): Promise<number[]>;
  embedDocuments(texts: string[], options?: { signal?: AbortSignal | undefined }): Promise<number[][]>;
  close?(): Promise<void>;
};

/**
 * Below this sufficiency nothing is quoted. That loses about 1 in 25 of the questions with an answer; sample questions
 * that the corpus comes near to but doesn't answer lie on both sides of it.
 */
const extractedAbstainBelow = 0.33;
/**
 * A language model sees more than features do, and can abstain itself: it is asked unless the context is about
 * something else. How that looks is known for our own vectors only; with others it is asked whenever there is a
 * passage.
 */
const modelAbstainsBelow = { own: 0.05, others: 0 };
const embeddedModel = manifest.models[0]!.name;

/** The models that the settings mean: those of an OpenAI-compatible server if one is named, else the embedded ones. */
export function chooseModels({ baseUrl, apiKey, chat, evaluation, embedding }: Config['models']) {
  const embedded = baseUrl === undefined && apiKey === undefined;
  if (embedded)
    return { provider: 'embedded' as const, chat: null, evaluation: 'embedded', embedding: embedding ?? embeddedModel };
  const chatModel = chat ?? 'gpt-4.1-mini';
  return {
    provider: 'openai-compatible' as const,
    chat: chatModel,
    evaluation: evaluation ?? chatModel,
    embedding: embedding ?? 'text-embedding-3-small',
  };
}

type Models = ReturnType<typeof chooseModels>;

/** The weights of the embedded verdict for an embedding model. */
export const embeddedWeights = (embedding: string) =>
  embedding === embeddedModel ? weightsOfE5Small : weightsOfAnyModel;

/** The model that decides, for an embedding model, whether a context can answer. */
export const sufficiencyModel = (embedding: string): SufficiencyModel => ({
  weights: embeddedWeights(embedding),
  gate: embedding === embeddedModel ? gateOfE5Small : gateOfAnyModel,
});

/** The configured server, and the one that stands in for its chat models, if any. */
export type ModelServers = ReturnType<typeof openModelServers>;

/** Opens the configured model servers, which the caller closes. They do nothing until they are called. */
export function openModelServers({ models, askTimeoutMs }: Config) {
  const { baseUrl, apiKey = 'none', maxRetries, maxConcurrent, proxy, fallback } = models; // a local server may want no key
  const common = { maxRetries, timeoutMs: askTimeoutMs, maxConcurrent, proxy };
  const main = openModelServer({ baseUrl, apiKey, ...common });
  const spare =
    fallback && openModelServer({ baseUrl: fallback.baseUrl, apiKey: fallback.apiKey ?? 'none', ...common });
  return {
    main,
    fallback: spare && { server: spare, model: fallback.chat },
    async close() {
      await Promise.all([main.close(), spare?.close()]);
    },
  };
}

/**
 * Opens an embedding model by name: an embedded one if the name or the lack of a server says so.
 * @throws AppError as `EmbeddedEmbeddings.load`
 */
export async function openEmbeddings(
  config: Config,
  name: string,
  servers = openModelServers(config),
): Promise<CancellableEmbeddings> {
  const { baseUrl, apiKey } = config.models;
  const isEmbedded =
    manifest.models.some((model) => model.name === name) || (baseUrl === undefined && apiKey === undefined);
  if (isEmbedded) return EmbeddedEmbeddings.load(name, config.modelsDir);
  return new CheckedOpenAiEmbeddings({ model: name, server: servers.main });
}

/**
 * Opens a chat model of the configured server by name.
 * @param options.withinMs the deadline of the work it is called for; if another server can stand in, half of that is
 * left to it
 * @param options.purpose what it is called for: a failing model doesn't count against other purposes
 */
export const openChatModel = (
  { main, fallback }: Pick<ModelServers, 'main' | 'fallback'>,
  name: string,
  {
    withinMs,
    purpose,
    ...options
  }: {
    withinMs?: number;
    purpose?: string;
    oneWord?: boolean;
    responseFormat?: object;
    cache?: BaseCache | undefined;
  } = {},
) =>
  new CheckedOpenAiChatModel(
    { model: name, server: main, purpose, timeoutMs: fallback && withinMs && withinMs / 2 },
    { ...options, fallback: fallback && { server: fallback.server, purpose, model: fallback.model ?? name } },
  );

/**
 * Makes the steps that think: answer, judges, sufficiency and standalone question, by the models of a server or without
 * a language model.
 * @param options.cache gives the replies of language models that it holds, which are then not asked for again
 * @param options.entails an entailment model's second opinion on the verdict that needs no language model
 * @param options.calibrated false leaves out the calibration of the judges' scores
 * @throws AppError BAD_SETTINGS for prompts or a calibration that can't be used
 */
export function openAnswering(
  config: Config,
  models: Models,
  servers: ModelServers,
  options: { cache?: BaseCache | undefined; calibrated?: boolean; entails?: Entails | undefined } = {},
) {
  const { cache, calibrated = true, entails } = options;
  const embedded = embeddedWeights(models.embedding);
  const ownVectors = models.embedding === embeddedModel;
  const sufficiency = sufficiencyModel(models.embedding);
  if (models.chat === null)
    return {
      suffices: createSuffices(sufficiency, config.abstainBelow ?? extractedAbstainBelow, 'quotation'),
      answer: createExtractiveAnswer(),
      standaloneQuestion: createWordStandaloneQuestion(),
      judges: { context: createFeatureJudge({ weights: embedded, entails }), answer: createUnavailableJudge('answer') },
    };
  const prompts = readPrompts(config.promptsDir);
  const { evaluationStyle: style } = config;
  const calibrations = calibrated ? readCalibrations(config.evaluationCalibration) : [];
  const evaluating = {
    cache,
    purpose: 'evaluation',
    withinMs: Math.min(config.evaluationTimeoutMs, config.askTimeoutMs),
  };
  const judging = openChatModel(servers, models.evaluation, evaluating);
  const oneWord = openChatModel(servers, models.evaluation, { ...evaluating, oneWord: true });
  const heldTo = (responseFormat: object) =>
    openChatModel(servers, models.evaluation, { ...evaluating, responseFormat });
  const crossChecks = style === 'cross-check' || style === 'full';
  const judge = (basis: Basis) =>
    createModelJudge({
      basis,
      embedded,
      timeoutMs: config.evaluationTimeoutMs,
      calibration: calibrations.find(
        (each) => each.model === models.evaluation && each.basis === basis && each.style === style,
      ),
      ...(style === 'plain' && {
        judgement: {
          prompt: prompts[`evaluate-${basis}-plain`],
          model: judging,
          structuredModel: heldTo(plainFormat),
          asksForQuotes: false,
        },
      }),
      ...((style === 'rubric' || style === 'full') && {
        judgement: {
          prompt: prompts[`evaluate-${basis}`],
          model: judging,
          structuredModel: heldTo(judgementFormat),
          asksForQuotes: basis === 'context',
        },
      }),
      ...(crossChecks && {
        word: { prompt: prompts[`evaluate-${basis}-word`], withProbabilities: oneWord, model: judging },
      }),
      ...(crossChecks && basis === 'context' && { itself: { prompt: prompts['answer-briefly'], model: judging } }),
    });
  const answering = openChatModel(servers, models.chat, { cache, withinMs: config.askTimeoutMs });
  return {
    suffices: createSuffices(
      sufficiency,
      config.abstainBelow ?? modelAbstainsBelow[ownVectors ? 'own' : 'others'],
      'model',
    ),
    answer: createModelAnswer({ prompt: prompts.answer, model: answering }),
    standaloneQuestion: createModelStandaloneQuestion({ prompt: prompts['standalone-question'], model: answering }),
    judges: { context: judge('context'), answer: judge('answer') },
  };
}
