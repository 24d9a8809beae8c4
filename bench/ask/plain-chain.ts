import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import fastify from 'fastify';

/**
 * LangChain.js out of the box: a retriever over its MemoryVectorStore, an answer and an evaluation, in LCEL with all defaults, behind a
 * Fastify server.
 */
const [baseUrl, corpus] = process.argv.slice(2);
const configuration = { baseURL: baseUrl! };
const embeddings = new OpenAIEmbeddings({ model: 'bench', apiKey: 'none', configuration });
const model = new ChatOpenAI({ model: 'bench', apiKey: 'none', configuration, temperature: 0 });
const store = new MemoryVectorStore(embeddings);
const texts = readdirSync(corpus!).flatMap(
  (name) => readFileSync(join(corpus!, name), 'utf8').match(/[\s\S]{1,1000}/g) ?? [],
);
await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
const retriever = store.asRetriever(3);

const answerPrompt = ChatPromptTemplate.fromMessages([
  ['system', 'Answer from the passages.'],
  ['human', '{context}\n\nQuestion: {question}'],
]);
const evaluatePrompt = ChatPromptTemplate.fromMessages([
  ['system', 'Evaluate the answer; reply with JSON that has "verdict".'],
  ['human', '{context}\n\nQuestion: {question}\nAnswer: {answer}'],
]);
type Asked = { question: string };
const withContext = RunnablePassthrough.assign<Asked>({
  context: async ({ question }: Asked) =>
    (await retriever.invoke(question)).map(({ pageContent }) => pageContent).join('\n\n'),
});
const answering = answerPrompt.pipe(model).pipe(new StringOutputParser());
const evaluating = RunnablePassthrough.assign({ verdict: evaluatePrompt.pipe(model).pipe(new StringOutputParser()) });
const chain = RunnableSequence.from([withContext, RunnablePassthrough.assign({ answer: answering }), evaluating]);

const app = fastify();
app.post('/ask', async (request, reply) => {
  const { question, stream } = request.body as Asked & { stream?: boolean };
  if (!stream) {
    const state = (await chain.invoke({ question })) as { verdict: string };
    return { ...state, verdict: JSON.parse(state.verdict) };
  }
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
  const retrieved = await withContext.invoke({ question });
  let answer = '';
  for await (const text of await answering.stream(retrieved)) {
    if (text) reply.raw.write(`event: token\ndata: ${JSON.stringify({ text })}\n\n`);
    answer += text;
  }
  const state = (await evaluating.invoke({ ...retrieved, answer })) as { verdict: string };
  reply.raw.end(`event: done\ndata: ${JSON.stringify({ ...state, verdict: JSON.parse(state.verdict) })}\n\n`);
  return reply;
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send!({ port: (app.server.address() as { port: number }).port });
process.on('disconnect', () => process.exit());
