// @ts-check
import { html, render } from 'htm/preact';
import { App } from './app.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren();
render(html`<${App} />`, root);
