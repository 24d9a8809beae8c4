import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConversation, refuseUnsupported } from '../../src/http/openai-messages.ts';

type Messages = Parameters<typeof readConversation>[0];

test('the last message is the question, and before it stand the texts that people and the model said', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url' }] },
    {
      role: 'assistant',
      content: [
        { type: 'refusal', refusal: 'I cannot say.' },
        { type: 'text', text: 'Ask anew.' },
      ],
    },
    { role: 'tool', content: '12 degrees' },
    { role: 'user', content: ' ' },
    { role: 'assistant', content: null },
    { role: 'developer', content: 'Be kind.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: ' And' },
        { type: 'text', text: 'why? ' },
      ],
    },
  ] as Messages;
  assert.deepEqual(readConversation(messages), {
    question: 'And\nwhy?',
    history: [
      { role: 'user', text: 'What is this?' },
      { role: 'assistant', text: 'I cannot say.\nAsk anew.' },
    ],
  });
});

test('what asks for no more than an answer in text is not refused', () => {
  for (const asked of [
    { n: 1, tool_choice: 'auto', function_call: 'none', response_format: { type: 'text' }, modalities: ['text'] },
    { n: null, tool_choice: null, function_call: null, response_format: null, modalities: null },
    {},
  ])
    refuseUnsupported(asked as Parameters<typeof refuseUnsupported>[0]);
});
