import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openModelServers } from '../../src/compose-models.ts';
import { readConfig } from '../../src/config.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { CheckedOpenAiEmbeddings } from '../../src/models/openai-embeddings.ts';
import { secureHost, startHttpsThroughProxy } from '../doubles/https-through-proxy.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { hello, readStream } from '../doubles/served-models.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

async function open(t: TestContext) {
  const openai = await startOpenAiServer({ test: t });
  const way = await startHttpsThroughProxy(t, Number(new URL(openai.baseUrl).port));
  const folder = await temporaryFolder(t);
  /** Models of a server, as these settings lead to it. */
  const modelsWith = (settings: Record<string, string>) => {
    const common = { OPENAI_BASE_URL: `https://${secureHost}/v1`, MODEL_MAX_RETRIES: '0' };
    const servers = openModelServers(readConfig({ ...common, ...settings }, folder));
    t.after(() => servers.close());
    const fields = { model: 'm', server: servers.main };
    return { ...fields, chat: new CheckedOpenAiChatModel(fields), embeddings: new CheckedOpenAiEmbeddings(fields) };
  };
  return { openai, ...way, modelsWith };
}

test('a server with an https address is called through HTTPS_PROXY, which sees its name and nothing else', async (t) => {
  const { openai, asked, proxyAddress, modelsWith } = await open(t);
  const { chat, embeddings, server } = modelsWith({
    OPENAI_API_KEY: 'secret-key',
    HTTPS_PROXY: `http://me:my%20word@${proxyAddress}`,
    NO_PROXY: 'other.example',
  });
  openai.chat('One.', 'Two.');
  assert.equal((await chat.invoke(hello)).text, 'One.');
  assert.equal(await readStream(chat), 'Two.');
  assert.equal((await embeddings.embedQuery('alder')).length, 64);
  assert.ok(asked.length < 3, 'connections are used again');
  for (const { target, headers } of asked) {
    assert.equal(target, `${secureHost}:443`);
    assert.equal(headers['proxy-authorization'], `Basic ${Buffer.from('me:my word').toString('base64')}`);
    assert.equal(headers.authorization, undefined);
  }
  assert.deepEqual(
    openai.requests.map(({ headers }) => [headers.authorization, headers['proxy-authorization']]),
    Array.from({ length: 3 }, () => ['Bearer secret-key', undefined]),
  );
  assert.deepEqual(server.state(), { running: 0, queued: 0, broken: false });
});

test('lower-case names count too, and an address without a scheme', async (t) => {
  const { openai, asked, proxyAddress, modelsWith } = await open(t);
  openai.chat('One.');
  assert.equal((await modelsWith({ https_proxy: proxyAddress }).chat.invoke(hello)).text, 'One.');
  assert.equal(asked.length, 1);
});

test('hosts that NO_PROXY names, and plain HTTP, are reached without the proxy', async (t) => {
  const { openai, asked, proxyAddress, modelsWith } = await open(t);
  const HTTPS_PROXY = `http://${proxyAddress}`;
  for (const NO_PROXY of [secureHost, 'example', '.example', '*', `a.b, ${secureHost}:443`])
    await assert.rejects(modelsWith({ HTTPS_PROXY, NO_PROXY }).chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  openai.chat('Near.');
  const near = modelsWith({ OPENAI_BASE_URL: openai.baseUrl, HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY });
  assert.equal((await near.chat.invoke(hello)).text, 'Near.');
  assert.deepEqual(asked, []);
});

test('a proxy that refuses, or is away, makes the server unavailable, and the reason is told', async (t) => {
  const { refusal, proxyAddress, modelsWith } = await open(t);
  const { chat } = modelsWith({ HTTPS_PROXY: proxyAddress });
  for (const status of [407, 403, 502]) {
    refusal.status = status;
    await assert.rejects(chat.invoke(hello), {
      code: 'MODEL_UNAVAILABLE',
      message: `HTTPS_PROXY does not lead to the model server (${status}).`,
    });
  }
  const away = modelsWith({ HTTPS_PROXY: '127.0.0.1:1' });
  await assert.rejects(away.chat.invoke(hello), {
    code: 'MODEL_UNAVAILABLE',
    message: 'The model server cannot be reached.',
  });
  assert.throws(() => modelsWith({ HTTPS_PROXY: 'ftp://x' }), {
    code: 'BAD_SETTINGS',
    message: /HTTPS_PROXY: must be/,
  });
});
