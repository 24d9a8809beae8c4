import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadHtml } from '../../../src/ingest/formats/html.ts';

const textOf = (html: string) => loadHtml(html).text;

test('of a page only its main content is read, if that is most of it and has its title', () => {
  const menu = '<div class="menu"><a href="/">Home</a> Guide</div>';
  const main = (content: string, more = '') =>
    `<title>Site</title>${menu}<main><p>${content}</p></main>${more}<div>Impressum</div>`;
  const long = 'The ferry runs every hour.';
  assert.equal(textOf(main(long)), long);
  assert.equal(loadHtml(main(long)).title, 'Site');
  assert.equal(textOf(main(long).replaceAll('main>', 'div>').replace('<div><p>', '<div role="main"><p>')), long);
  assert.match(textOf(main('Ten.')), /Home Guide[\s\S]*Ten\.[\s\S]*Impressum/);
  assert.match(textOf(main(long, '<h1>Ferry</h1>')), /Home/);
  assert.equal(textOf(main(long, `<main><p>${long}</p></main>`)), `${long}\n\n${long}`);
});

test('main content that is not shown does not replace what is', () => {
  const main = (words: string) => `<main><p>The ferry runs every ${words}.</p></main>`;
  for (const tag of ['template', 'noscript', 'header', 'div hidden', 'div aria-hidden="true"'])
    for (const shown of [main('hour'), '<div>The ferry runs every hour.</div>']) {
      const html = `<${tag}>${main('day')}</${tag.split(' ')[0]}>${shown}`;
      assert.equal(textOf(html), 'The ferry runs every hour.', tag);
    }
});

test('a table of contents of the page itself is left out, and a list of other pages is kept', () => {
  const list = (...hrefs: string[]) => hrefs.map((href, at) => `<li><a href="${href}">Part ${at}</a></li>`).join('');
  const page = (attribute: string, items: string) =>
    `<p>Before.</p><div ${attribute}><p>Contents</p><ul>${items}</ul></div><h2 id="a">Part 0</h2><p>Text.</p>`;
  for (const attribute of ['id="toc"', 'class="toc x"', 'id="table-of-contents"'])
    assert.equal(textOf(page(attribute, list('#a', '#b'))), 'Before.\n\nPart 0\n\nText.', attribute);
  assert.match(textOf(page('class="toc"', list('#a', 'b.html'))), /Contents[\s\S]*- Part 0\n- Part 1/);
  assert.match(textOf(page('class="toc"', '<li>By hand.</li>')), /By hand/);
  const prose = 'This chapter says what the ferry costs: ten crowns, and five for a dog.';
  assert.ok(textOf(page('class="toc"', `${list('#a', '#b')}<li>${prose}</li>`)).includes(prose));
  const style = `<style>/* ${prose} */</style>`;
  assert.equal(textOf(page('id="toc"', `${style}${list('#a', '#b')}`)), 'Before.\n\nPart 0\n\nText.');
});

test('links to change or see a source, line numbers beside code, and links to neighbours are left out', () => {
  const heading = '<h2>History<span class="mw-editsection">[<a href="/e">edit</a>]</span></h2>';
  const signature =
    '<dl><dt>f(x)<a href="s.html"><span class="viewcode-link">[source]</span></a></dt><dd>It adds.</dd></dl>';
  const code =
    '<table><tr><td class="rouge-gutter"><pre>1\n2</pre></td><td><pre>one\ntwo</pre></td></tr></table><pre><a href=#1 id=1 data-nosnippet>1</a>use std;</pre>';
  const neighbours = '<div class="navheader"><a href="p">Prev</a></div>';
  assert.equal(textOf(neighbours + heading + signature + code), 'History\n\nf(x)\n\nIt adds.\n\none\ntwo\n\nuse std;');
});

test('words that search engines shall not show are no line numbers', () => {
  const clause = 'as said in <a href="#4" data-nosnippet>section 4</a> of the lease.';
  assert.equal(textOf(`<p>The rent is due ${clause}</p>`), 'The rent is due as said in section 4 of the lease.');
});

test('what stands on a tab that is not open is read', () => {
  const tabs = '<div role="tabpanel">npm i</div><div role="tabpanel" hidden>yarn add</div><div hidden>Never.</div>';
  assert.equal(textOf(tabs), 'npm i\nyarn add');
});

test('a button in a heading is read where it is what the heading says, not where it is a control', () => {
  assert.equal(textOf('<h3>1. <button>What does it cost?</button></h3><p>Ten.</p>'), '1. What does it cost?\n\nTen.');
  assert.equal(textOf('<h1>Function cross <button>Copy path</button></h1><p>Ten.</p>'), 'Function cross\n\nTen.');
});

test('headings that consist of many buttons are read in linear time', () => {
  const html = `<h1>${'<button>a</button>'.repeat(20_000)}</h1><div class="toc">${'<a href="#a">b</a>'.repeat(20_000)}</div>`;
  assert.match(textOf(html), /^a{20000}/);
});
