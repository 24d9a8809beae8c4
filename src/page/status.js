// @ts-check
import { html } from 'htm/preact';
import { counted } from './counted.js';
import { Panel } from './panel.js';

/**
 * Which model answers, from how many documents; opened, which models do what.
 * @param {{ health: any, isOffline: boolean }} props
 */
export function Status({ health, isOffline }) {
  if (isOffline) return html`<p class="status offline">Offline</p>`;
  if (!health) return html`<p class="status"></p>`;
  const { models, documents } = health;
  const who = models.chat === null ? 'No language model is configured: answers are quoted' : `${models.chat} answers`;
  const names = [
    ['Answers', models.chat ?? 'quoted from the documents'],
    ['Verdicts', models.evaluation],
    ['Search', models.embedding],
  ];
  return html`<${Panel} name="status" summary="${who} · ${counted(documents, 'document')}">
    <dl>${names.map(([what, name]) => html`<div key=${what}><dt>${what}</dt><dd>${name}</dd></div>`)}</dl>
  <//>`;
}
