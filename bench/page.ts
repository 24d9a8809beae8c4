// `npm run bench:page`: measures the page's size and the time of its first paint on a slow processor, and counts errors on its console.
// Exits with 1 if it has 150 KB or more, paints after 1 s or later, or has any such error.
import { markdownTable } from '../evaluation/report.ts';
import { noBrowser, openBrowser, openPage } from '../test/doubles/browser.ts';
import { startService } from '../test/doubles/service.ts';
import { createOwner } from './owner.ts';

const mostBytes = 150_000;
const latestPaintMs = 1000;
/** By this factor Chromium slows down the processor. */
const slowness = 4;
const loads = 7;
const views = ['Search', 'Documents', 'History', 'Reports', 'Ask'];

const owner = createOwner();

type Load = { bytes: number; requests: number; paintMs: number; complaints: string[] };

/** Visits the page and all its views with an empty cache. A model is configured, so that all modules are fetched. */
async function load(browser: Awaited<ReturnType<typeof openBrowser>>, url: string): Promise<Load> {
  const { page, complaints } = await openPage(browser);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowness });
  const assets = new Set<string>();
  let bytes = 0;
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const { pathname } = new URL(response.url);
    if (pathname === '/' || pathname.startsWith('/assets/')) assets.add(requestId);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (assets.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  for (const view of views) await page.getByRole('link', { name: view, exact: true }).click();
  await page.waitForLoadState('networkidle');
  const paintMs = (await page.evaluate(
    `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
  )) as number;
  await page.context().close();
  return { bytes, requests: assets.size, paintMs, complaints };
}

if (noBrowser) throw new Error(noBrowser);
const browser = await openBrowser(owner);
const { url } = await startService(owner);
const results: Load[] = [];
for (let at = 0; at < loads; at += 1) results.push(await load(browser, url));
await owner.end();

const paints = results.map(({ paintMs }) => paintMs).sort((one, other) => one - other);
const bytes = Math.max(...results.map(({ bytes: each }) => each));
const complaints = results.flatMap((each) => each.complaints);
const rows = [
  [
    'Everything the page loads, compressed, with headers',
    `${(bytes / 1000).toFixed(1)} KB`,
    `below ${mostBytes / 1000} KB`,
  ],
  ['Requests', String(results[0]!.requests), ''],
  [
    `First contentful paint, processor ${slowness} times slower, median`,
    `${Math.round(paints[loads >> 1]!)} ms`,
    `below ${latestPaintMs} ms`,
  ],
  [`… the slowest of ${loads}`, `${Math.round(paints.at(-1)!)} ms`, ''],
  ['Errors and warnings on the console', String(complaints.length), 'none'],
];
process.stdout.write(`${markdownTable(['The page', 'measured', 'goal'], rows)}\n`);
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
if (bytes >= mostBytes || paints[loads >> 1]! >= latestPaintMs || complaints.length > 0) process.exitCode = 1;
