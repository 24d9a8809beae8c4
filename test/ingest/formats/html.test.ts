import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadHtml } from '../../../src/ingest/formats/html.ts';

const page = `<!doctype html><html><head><title>The &amp; title</title><style>p{}</style></head><body>
<header><h1>The site</h1></header><nav><a href="/x">Away</a></nav>
<main><article><header><h1>Real <em>heading</em></h1></header>
<p>Hello <a href="https://example.org/">there</a>. Caf&eacute; <img src="x.png" alt="pic"><span hidden>secret</span></p>
<h2>Sub<a href="#s" aria-hidden="true">#</a></h2>
<ul><li>one<li><p>two</p><p>more</p><ul><li>deep</ul></ul>
<ol start="3"><li>three<li>four</ol>
<table><tr><th>Name<th>Size<tr><td><p>a</p><td>1</table>
<pre>let x;
  go();</pre>
<form><button>Send</button><select><option>no</select><textarea>no</textarea></form><svg><title>circle</title></svg><script>bad()</script>
</article></main><footer>Imprint</footer></body></html>`;

test('a page becomes its readable text', () => {
  assert.equal(
    loadHtml(page).text,
    [
      'Real heading',
      'Hello there. Café',
      'Sub',
      '- one\n- two\n\nmore\n\n- deep',
      '3. three\n4. four',
      'Name | Size\na | 1',
      'let x;\n  go();',
    ].join('\n\n'),
  );
});

test('title, headings, blocks and list items are found where they stand in the text', () => {
  const { text, title, headings, blocks, breaks } = loadHtml(page);
  assert.equal(title, 'The & title');
  assert.deepEqual(
    headings.map(({ start, end, level, text: words }) => [level, words, text.slice(start, end)]),
    [
      [1, 'Real heading', 'Real heading'],
      [2, 'Sub', 'Sub'],
    ],
  );
  assert.deepEqual(
    blocks.map(({ kind, start, end }) => [kind, text.slice(start, start + 3), text.slice(end - 3, end)]),
    [
      ['list', '- o', 'eep'],
      ['list', '3. ', 'our'],
      ['table', 'Nam', '| 1'],
      ['code', 'let', '();'],
    ],
  );
  assert.ok(breaks.map((at) => text.slice(at, at + 6)).includes('- deep'));
});

test('without a <title> the first <h1> is the title; without either there is none', () => {
  assert.equal(loadHtml('<h2>a</h2><h1> B\n c</h1>').title, 'B c');
  assert.equal(loadHtml('<p>a').title, null);
});

test('a page that consists only of a header or of buttons is read all the same', () => {
  assert.equal(loadHtml('<header><p>Only this</p></header>').text, 'Only this');
  assert.equal(loadHtml('<button>Only this</button>').text, 'Only this');
});

test('a page that lies within a form is read without its controls', () => {
  const { text, headings } = loadHtml(
    `<form id="aspnetForm"><div><h1>Opening hours</h1><p>Nine to five.</p>
<input value="x"><select><option>Monday</select><textarea>Write</textarea><button>Send</button></div></form>`,
  );
  assert.equal(text, 'Opening hours\n\nNine to five.');
  assert.equal(headings.length, 1);
});

test('a question that unfolds its answer when clicked is read, though it is a button', () => {
  const { text, headings } = loadHtml(
    `<h3><button aria-expanded="false">How long is the <b>warranty</b>?</button></h3><div>Two years.</div>
<details><summary><button>Who pays?</button></summary>We do.</details><p>Well. <button>Buy</button></p>`,
  );
  assert.equal(text, 'How long is the warranty?\n\nTwo years.\n\nWho pays?\n\nWe do.\n\nWell.');
  assert.deepEqual(
    headings.map((heading) => heading.text),
    ['How long is the warranty?'],
  );
});

test('superscripts and subscripts do not run into the numbers beside them', () => {
  for (const [html, text] of [
    ['10<sup>6</sup> to 10<sup>-3</sup>', '10⁶ to 10⁻³'],
    ['2<sup><a href="#x">10</a></sup> and 10<sup>−12</sup>', '2¹⁰ and 10⁻¹²'],
    ['2<sup>k</sup>, 2<sup>k+1</sup>, x<sup>n</sup>, 10<sup>0.5</sup>', '2^k, 2^(k+1), xⁿ, 10^(0.5)'],
    ['9 m<sup>2</sup> on the 1<sup>st</sup> floor<sup>*</sup>', '9 m² on the 1st floor*'],
    ['the <b>warranty</b><sup>2</sup> of 2020<sup>[3]</sup>', 'the warranty ² of 2020[3]'],
    ['in 2020<a href="#n"><sup>3</sup></a>', 'in 2020³'],
    [
      'in 2020<a role="doc-noteref" href="#n">3</a>, a note<a epub:type="noteref" href="#n">4</a>',
      'in 2020³, a note ⁴',
    ],
    ['in 2020<a role="doc-noteref" href="#n"><sup>3</sup></a>', 'in 2020³'],
    ['in 2020<a class="footnote-ref" href="#n">3</a>', 'in 2020³'],
    ['in 2020<sup><a role="doc-noteref" href="#n">3</a></sup>', 'in 2020³'],
    ['H<sub>2</sub>O, CO<sub>2</sub>', 'H2O, CO2'],
    ['log<sub>2</sub>8, <i>1</i><sub>10</sub>, x<sub>i</sub>', 'log₂8, 1₁₀, xi'],
    ['an open <sup>tag that is never closed', 'an open tag that is never closed'],
    ['<sup></sup><sub> </sub>.', '.'],
  ] as const)
    assert.equal(loadHtml(`<p>${html}</p>`).text, text);
});

test('what is lowered meets the digits beside it also where these are within another element', () => {
  for (const [html, text] of [
    ['log<sub>2</sub><b>8</b>', 'log₂8'],
    ['<i>x<u>2</u></i><sub>1</sub>', 'x2₁'],
    ['<b>H</b><sub>2</sub><b>O</b>', 'H2O'],
  ])
    assert.equal(loadHtml(`<p>${html}`).text, text);
});

test('soft hyphens and other hints where words may break are removed', () => {
  const { text, title } = loadHtml(
    '<h1>War&shy;ran&shy;ty</h1><p>temper&#8203;ature \u00adof 5&#8288;%</p><pre>a\u200bb</pre>',
  );
  assert.equal(text, 'Warranty\n\ntemperature of 5%\n\nab');
  assert.equal(title, 'Warranty');
  // Thai has nothing else between its words.
  assert.equal(loadHtml('<p>แมว\u200bดำ</p>').text, 'แมว\u200bดำ');
});

test('list items have the numbers that a browser shows', () => {
  for (const [html, text] of [
    ['<ol start="0"><li>a<li>b</ol>', '0. a\n1. b'],
    ['<ol start="x"><li>a<li value="7">b<li>c<li value="">d</ol>', '1. a\n7. b\n8. c\n9. d'],
    ['<ol reversed><li>a<li>b<li>c</ol>', '3. a\n2. b\n1. c'],
    ['<ol reversed start="1"><li>a<li>b</ol>', '1. a\n0. b'],
    ['<ul><li value="7">a</ul>', '- a'],
  ] as const)
    assert.equal(loadHtml(html).text, text);
});

test('a table that only lays out the page is not read as a table', () => {
  const { text, blocks } = loadHtml('<table><tr><td><h1>T</h1><p>Aa. Bb.<td><ul><li>x</ul></table>');
  assert.equal(text, 'T\n\nAa. Bb.\n\n- x');
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['list'],
  );
});

test('a page that contains the reader’s own internal marks does no harm', () => {
  const { text, headings } = loadHtml('<p>a\ufdd1b &#xFDD1;c &#xFDD0;&#xFDD0; d&#xFDDB;&#xFDDD;</p><h1>e</h1>');
  assert.ok(text.startsWith('ab'));
  assert.ok(!/[\ufdd0-\ufdef]/.test(text));
  assert.ok(headings.length <= 2);
});

test('a page that nests too deep is refused, and one crafted to be slow is read', () => {
  for (const nested of ['<div>', '<q>', '<ul><li>', '<table><tr><td>', '<blockquote>', '<svg><g>'])
    assert.throws(() => loadHtml(`${nested.repeat(50_000)}x${'</i>'.repeat(50_000)}`), { code: 'BAD_DOCUMENT' });
  // A closing slash means nothing here, or something other than it seems; and our own marks are taken out.
  for (const [opening, nested] of [
    ['<math><mi>', '<q/>'],
    ['<svg><foreignObject>', '<q/>'],
    ['<script/>', '<q>'],
    ['<title/>', '<q>'],
    ['', '<\ufdd0q>'],
  ] as const)
    assert.throws(() => loadHtml(`a${opening}${nested.repeat(20_000)}x`), { code: 'BAD_DOCUMENT' }, opening);
  const deep = (depth: number) => loadHtml(`${'<q>'.repeat(depth)}x`);
  assert.equal(deep(256).text, 'x');
  assert.throws(() => deep(257), { code: 'BAD_DOCUMENT' });
  for (const part of [
    '<',
    '<a',
    '<!--',
    '<script>',
    '<li>x',
    '<td>x',
    '<p><span>x</p>',
    '<br>',
    '</b>',
    '&#xFDDA;&#xFDDB;',
    '<div><b>x</div>',
    '<p>x<p>',
    '<option>x',
    '<font>x',
    '<a name=x><h2>x</h3>',
    '<dd><b>x<dt><i>y',
    '<ul><li><p>x</ul>',
  ])
    loadHtml(`<p>${part.repeat(20_000)}`);
  for (const part of ['</q>', '<li>x</li>', '</h2>', '</td>', '<p>x</p>'])
    loadHtml(`<h3>${'<q>'.repeat(250)}${part.repeat(20_000)}`);
  assert.equal(loadHtml(`<svg>${'<path d=""/>'.repeat(1_000)}</svg>ok`).text, 'ok');
  assert.equal(loadHtml(`<math>${'<mspace/>'.repeat(1_000)}</math>ok`).text, 'ok');
});

test('an old page that never closes its cells, items and paragraphs is read as browsers show it', () => {
  const rows = (html: (row: number) => string) => Array.from({ length: 300 }, (_, row) => html(row)).join('');
  for (const [html, text] of [
    [`<table>${rows((row) => `<tr><td><p>a${row}<td><p><font>b${row}`)}</table>`, rows((row) => `a${row} | b${row}\n`)],
    [`<table><tbody>${rows((row) => `<tr><td><b>${row}<tbody>`)}</table>`, rows((row) => `${row}\n`)],
    [`<ul>${rows((row) => `<li><font>${row}`)}</ul>`, rows((row) => `- ${row}\n`)],
    [`<ul>${rows((row) => `<li><div><p>${row}`)}</ul>`, rows((row) => `- ${row}\n\n`)],
    [`<dl>${rows((row) => `<dt><b>t${row}<dd><p><i>d${row}`)}</dl>`, rows((row) => `t${row}\n\nd${row}\n\n`)],
    [rows((row) => `<p><font>a${row}<i>b`), rows((row) => `a${row}b\n\n`)],
    [rows((row) => `<a name=x><h2><i>h${row}</h3>t<p>`), rows((row) => `h${row}\n\nt\n\n`)],
    [rows((row) => `<font>${row}<br><tt><b>x`), `${rows((row) => `x${row}\n`).slice(1)}x`],
    ['<h2>a<h3>b</h3>c<h2>d<i>e</h1>f', 'a\n\nb\n\nc\n\nde\n\nf'],
    ['<p>a<li>b<dd>c<p>d<dt>e', 'a\n\n- b\n\nc\n\nd\n\ne'],
    ['<ul><li>a<ul><li><b>b</ul><li>c</ul>', '- a\n- b\n- c'],
    ['<p><q>a<p>b<p><s>c<p>d</s>e', 'a\n\nb\n\n~~c~~\n\n~~d~~\n\ne'],
    ['<p>a <button><h2>x<p>y</button>b', 'a b'],
    ['<p>a <button><i><h2>x<p>y</button>b', 'a b'],
    ['<ol><li><i>a<ol><li>b</ol>c<li>d</ol>', '1. a\n\n1. b\n\nc\n2. d'],
    [`<div>${rows((row) => `<font>${row} `)}`, rows((row) => `${row} `)],
  ] as const)
    assert.equal(loadHtml(html).text, text.trim(), html.slice(0, 60));
  const headings = (html: string) => loadHtml(html).headings.map(({ level, text }) => `${level} ${text}`);
  assert.deepEqual(headings('<h2>a<h3>b</h3>c<h1><i>d</h2>e'), ['2 a', '3 b', '1 d']);
});

test('a closing tag ends nothing outside of its cell, and a table keeps what stands between its rows and cells', () => {
  for (const [html, text] of [
    ['<font><form><table><tr><td>a</font></form></p>x</li></body><td>b</table>c', 'a x | b\n\nc'],
    ['<table><tr><td>a<table><tr>x</td></tr></table>b<td>c</table>d', 'a\n\nx\n\nb\nc\n\nd'],
    ['<table><tr><form><td>a</td><td>b</td></form></tr><tr><td>c<td>d</table>', 'a | b\nc | d'],
    ['<table><form><tr><td>a</td><td rowspan=2>b</td></tr><tr><td>c</table>', 'a | b\nc | b'],
    ['<table><tr>x<td>a<td>b</table>', 'x a | b'],
    ['<p><marquee><table><tr><td>a</p>b</li><td>c</table></marquee>d', 'a b | c\n\nd'],
    ['<table><td>a</td> <td>b</td></tr><tr><td>c<td>d<tbody><td>e<td>f</table>', 'a | b\nc | d\ne | f'],
    ['<table><caption><i>x<tr><td>a<thead><tr><th>b</table>', 'x\n\na\nb'],
  ] as const)
    assert.equal(loadHtml(html).text, text, html);
});

test('a closing tag of bold text or a font ends no paragraph, item or division that was opened within it', () => {
  for (const [html, text] of [
    ['<b><ul><li>one</b> two<li>three</ul>', '- one two\n- three'],
    ['<font><p>one</font> two<p>three', 'one two\n\nthree'],
    ['<ul><a href=x><li>a</a> b<li>c</ul>', '- a b\n- c'],
    ['<span><p>one</span> two</p>', 'one two'],
    ['<i><div>one</i> two</div>three', 'one two\nthree'],
    ['<h2><b>one</h2>two</b> three', 'one\n\ntwo three'],
    ['<s><p>one</s> two</p>', '~~one~~\n\ntwo'],
    ['<h2>one<div>two<b></h1>three</div>', 'one two\n\nthree'],
  ] as const)
    assert.equal(loadHtml(html).text, text, html);
  for (const part of [
    '<font><p>x</font>',
    '<b><div>x</b></div><i><p>y</i>',
    '<span><p>x</span></p>',
    '<b><q><p>x</b></p>',
  ])
    assert.match(loadHtml(`<div>${part.repeat(300)}</div>end`).text, /^(?:[xy]\n+)+end$/);
});

test('what is centred, and other blocks that html-to-text takes for inline, stand apart from the text around them', () => {
  for (const name of ['center', 'dialog', 'hgroup', 'search'])
    assert.equal(loadHtml(`<div>a<${name}>b</${name}>c</div>`).text, 'a\n\nb\n\nc', name);
});

test('formulas are read in line with their text, with powers and fractions, and without the annotated source', () => {
  const math = (inner: string) =>
    loadHtml(`<p>so <math><semantics><mrow>${inner}</mrow><annotation>x^2</annotation></semantics></math>.`).text;
  for (const [inner, text] of [
    ['<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>', 'so E = mc².'],
    ['<msup><mn>2</mn><mrow><mi>k</mi><mo>+</mo><mn>1</mn></mrow></msup>', 'so 2^(k+1).'],
    ['<mfrac><mn>1</mn><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></mfrac>', 'so 1/(a+b).'],
    ['<mn>2</mn><mrow>\n <mfrac><mn>1</mn><mn>2</mn></mfrac></mrow><mi>m</mi><mo>+</mo>', 'so 2 1/2 m+.'],
    ['<msub>\n <mi>x</mi>\n <mn>1</mn>\n</msub><mo>-</mo><msqrt><mn>3</mn></msqrt>', 'so x₁-√3.'],
    ['<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mtext>of all</mtext>', 'so ∑_iⁿof all.'],
    ['<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup><msup><mi>y</mi><mi></mi></msup>', 'so x₁²y.'],
    [
      '<munder><mi>lim</mi><mi>n</mi></munder><mroot><mrow><mn>2</mn><mo>+</mo></mrow><mn>3</mn></mroot>',
      'so lim_n³√(2+).',
    ],
    [
      '<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>2</mn></mtd></mtr></mtable>',
      'so 1 0; 2.',
    ],
    [
      '<mi>sin</mi><mfrac><mi>x</mi><mn>2.5</mn></mfrac><mo>(</mo><mfrac><mn>1</mn><mi>n</mi></mfrac>',
      'so sin x/2.5(1/n.',
    ],
  ])
    assert.equal(math(inner!), text);
  assert.equal(loadHtml('<p>a <math>&lt;3</math> b').text, 'a <3 b');
});

test('merged cells leave the values of a table in their columns', () => {
  for (const [rows, text] of [
    ['<tr><td rowspan=2>a<td>1<tr><td>2<tr><td>b<td>3', 'a | 1\na | 2\nb | 3'],
    ['<tr><th colspan=2>City<th>Limit<tr><td>Tokyo<td>JP<td>220', 'City |  | Limit\nTokyo | JP | 220'],
    ['<tr><td>x<td rowspan=2 colspan=2>y<td>1<tr><td>z<td>2', 'x | y |  | 1\nz | y |  | 2'],
    ['<tr><td rowspan=3>a<td rowspan=2>b<td>1<tr><td>2<tr><td>c<td>3', 'a | b | 1\na | b | 2\na | c | 3'],
    ['<tr><td colspan=99>All<tr><td>a<td>b<td>', 'All\na | b |'],
    [`<tr><td rowspan=2>${'long '.repeat(30)}<td>1<tr><td>2`, `${'long '.repeat(30)}| 1\n| 2`],
    ['<thead><tr><th rowspan=2>a<th>b</thead><tbody><tr><td>c<td>d</tbody>', 'a | b\nc | d'],
    ['<tr><td rowspan=2>a<s> 5 </s>4<td>1<tr><td>2', 'a ~~5~~ 4 | 1\na ~~5~~ 4 | 2'],
    ['<tr><td rowspan=2><h2>News</h2><td>1<tr><td>2', 'News\n\n1\n| 2'],
    ['<tr><td rowspan=0 colspan=x>a<td>b<tr><td>c', 'a | b\nc'],
  ] as const)
    assert.equal(loadHtml(`<table>${rows}</table>`).text, text);
  const wide = '<td colspan=1000 rowspan=1000>x'.repeat(1_000);
  assert.ok(loadHtml(`<table>${`<tr>${wide}`.repeat(30)}</table>`).text.length < 2_000_000);
  let nested = 'x';
  for (let depth = 0; depth < 60; depth++)
    nested = `<table><tr><td rowspan=5>${nested}</td></tr>${'<tr></tr>'.repeat(4)}</table>`;
  assert.equal(loadHtml(nested).text, 'x\nx\nx\nx\nx');
});

test('a short list in a table cell becomes a value of its row, a long one stays a list', () => {
  const table = (list: string) => `<table><tr><th>Who<th>What<tr><td rowspan=2>Ada<td>hourly<tr><td>${list}</table>`;
  const short = loadHtml(table('<ul><li>Cy<li><p>Di</p><ol><li>Ed</ol></ul>'));
  assert.equal(short.text, 'Who | What\nAda | hourly\nAda | - Cy - Di 1. Ed');
  assert.deepEqual(
    short.blocks.map(({ kind }) => kind),
    ['table'],
  );
  const long = loadHtml(table(`<ul><li>${'words '.repeat(50)}<li>Di</ul>`));
  assert.deepEqual(
    long.blocks.map(({ kind }) => kind),
    ['list'],
  );
});

test('ticked and open tasks are marked as such, and so is struck text', () => {
  const box = '<input type="checkbox" disabled';
  for (const [html, text] of [
    [`<ul><li>${box} checked> Ship<li>${box}> Test</ul>`, '- ☑ Ship\n- ☐ Test'],
    ['<ul><li><div class="checkbox checkbox-on"></div> <span>Sign</span></ul>', '- ☑ Sign'],
    ['<ul class="inline-task-list"><li class="checked">Rotate<li>Restore</ul>', '- ☑ Rotate\n- ☐ Restore'],
    ['<label><input type="checkbox" checked> I agree</label>', 'I agree'],
    ['<p>Price <del>10 </del><ins>12</ins> EUR', 'Price ~~10~~ 12 EUR'],
    ['<p>a<s> <b>b</b></s>c<strike></strike>', 'a ~~b~~c'],
    ['<p>a <del><s>b</s></del> c', 'a ~~b~~ c'],
    ['<del><p>a</p><ul><li>b <s>c</s><li>d</ul></del>e', '~~a~~\n\n- ~~b c~~\n- ~~d~~\n\ne'],
  ] as const)
    assert.equal(loadHtml(html).text, text);
});

test('heading anchors, line numbers, breadcrumbs, menus and footers are left out', () => {
  const page =
    '<ol id="breadcrumb-section"><li>Home</ol><div role="navigation">Menu</div><h1>Set up<a class="headerlink" href="#set-up">¶</a></h1>' +
    '<table><tr><td class="linenos"><pre>1\n2</pre><td><pre>a\nb</pre></table><p>See <a href="#x">part 2</a>.<a href="#n1">↩︎</a></p><div id="footer">Made by X</div>';
  const { text, headings } = loadHtml(page);
  assert.equal(text, 'Set up\n\na\nb\n\nSee part 2.');
  assert.equal(headings[0]!.text, 'Set up');
});

test('a sign before a number is read, though it is a link, unless it is the anchor of a heading', () => {
  for (const [html, text] of [
    ['<p>See <a href="#s5">§</a> 5 (2) and ticket <a href="#t">#</a>12.', 'See § 5 (2) and ticket #12.'],
    ['<h2><a href="#five">§</a>5 rules</h2><p>Keep them.<a href="#n"> ↩</a> 2 of 3', '5 rules\n\nKeep them. 2 of 3'],
    ['<a href="#five">#</a><h2>5 rules</h2><a href="#five">#</a><p>3 of them', '5 rules\n\n3 of them'],
  ] as const)
    assert.equal(loadHtml(html).text, text);
});

test('a table that says it is layout, or holds others, does not repeat its merged cells', () => {
  const letter =
    '<tr><td rowspan="2">Nord</td><td>Hello Maja,</td></tr><tr><td>your order was sent.</td></tr><tr><td>Oak</td><td>€ 3</td></tr>';
  const text = 'Nord | Hello Maja,\nyour order was sent.\nOak | € 3';
  assert.equal(loadHtml(`<table role="presentation">${letter}</table>`).text, text);
  const outer = '<tr><td rowspan="2">Menu</td><td><table><tr><td>a</td></tr></table></td></tr><tr><td>b</td></tr>';
  assert.equal(loadHtml(`<table>${outer}</table>`).text.match(/Menu/g)?.length, 1);
  const named = `<tr><th colspan="2">Tool<th>Use</tr>${outer}`;
  assert.match(loadHtml(`<table>${named}</table>`).text, /^Tool \| {2}\| Use\nMenu\n\na\n\nMenu \| b$/);
});

test('tags side by side in a Notion table are words of their own', () => {
  const tags = ['HR', 'Payroll'].map((tag) => `<span class="selected-value select-value-color-blue">${tag}</span>`);
  assert.equal(loadHtml(`<table><tr><td>Ek</td><td>${tags.join('')}</td></tr></table>`).text, 'Ek | HR Payroll');
});

test('what Word hid before it saved a page, and what mails hide from their reader, is left out', () => {
  const mixed = ['display: none; mso-hide:all', 'display:none; mso-hide: all'];
  for (const style of ['display:none;mso-hide:all', 'color:#fff; display: none; mso-hide: all;', ...mixed])
    assert.equal(loadHtml(`<p>Shown.<span style='${style}'> Hidden.</span></p>`).text, 'Shown.');
  assert.equal(loadHtml('<p style="display:none">Unfolds when clicked.').text, 'Unfolds when clicked.');
});

test('a section that a page unfolds when a reader searches for its words is read', () => {
  const section = '<div hidden="until-found"><p>Tabs hide it.</p></div>';
  assert.equal(
    loadHtml(`<h2>Use</h2>${section}<p hidden>No.</p><p hidden="hidden">No.</p>`).text,
    'Use\n\nTabs hide it.',
  );
  const list = '<ul><li hidden="Until-Found">One</li><li hidden="">No.</li><li>Two</li></ul>';
  // Browsers hide an element whatever else its attribute says.
  for (const value of ['false', 'until', '1', 'HIDDEN', 'x'])
    assert.equal(loadHtml(`${list}<p hidden=${value}>No.</p>`).text, '- One\n- Two', value);
});

test('lists have the letters or Roman numerals that a browser shows, and an item that only holds another list has no mark', () => {
  assert.equal(loadHtml('<ol type="a" start="26"><li>x<li>y</ol>').text, 'z. x\naa. y');
  assert.equal(loadHtml('<ol type="I" start="4"><li>x</ol><ol type="i"><li>y</ol>').text, 'IV. x\n\ni. y');
  assert.equal(loadHtml('<ul><li><ol type="A"><li>x</ol></ul>').text, 'A. x');
});
