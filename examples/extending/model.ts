// A chat model of LangChain's answers in place of Assay's own: npx node examples/extending/model.ts "a question"
import { ChatOpenAI } from '@langchain/openai';
import { createModelAnswer } from '../../src/chain/answer.ts';
import { askWith } from './compose-with.ts';

const model = new ChatOpenAI({
  model: 'a-model-of-mine',
  temperature: 0.2,
  maxRetries: 2,
  apiKey: process.env.OPENAI_API_KEY ?? 'none',
  configuration: { baseURL: process.env.OPENAI_BASE_URL },
});

await askWith(({ prompts }) => ({ answer: createModelAnswer({ prompt: prompts.answer, model }) }));
