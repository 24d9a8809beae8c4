import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import papaparse from 'papaparse';
import { loadCsv } from '../../../src/ingest/formats/csv.ts';

test('a row becomes a line in which each value follows the name of its column', () => {
  const { text, blocks, breaks, title } = loadCsv(
    'name;age;note\nBo;3;"likes; semicolons\nand lines"\n\nMia;4;\n;;\nA;1;b;extra\n',
  );
  const rows = [
    'name: Bo; age: 3; note: likes; semicolons and lines',
    'name: Mia; age: 4',
    'name: A; age: 1; note: b; extra',
  ];
  assert.equal(text, rows.join('\n'));
  assert.deepEqual(blocks, [{ start: 0, end: text.length, kind: 'table' }]);
  assert.deepEqual(
    breaks.map((at) => text.slice(at, at + 7)),
    ['name: B', 'name: M', 'name: A'],
  );
  assert.equal(title, null);
});

test('the delimiter is detected, or taken from the sep= line that Excel writes', () => {
  for (const delimiter of [',', ';', '\t', '|'])
    assert.equal(loadCsv(['a', 'b'].join(delimiter).concat('\n', ['1', '2'].join(delimiter))).text, 'a: 1; b: 2');
  assert.equal(loadCsv('sep=#\na#b\n1#2,3').text, 'a: 1; b: 2,3');
});

test('a first row that holds values instead of column names is read like the other rows', () => {
  assert.equal(loadCsv('1,x\n2,y').text, '1; x\n2; y');
  assert.equal(loadCsv('same,same\na,b').text, 'same; same\na; b');
  assert.equal(loadCsv('One sentence.\nAnother one.').text, 'One sentence.\nAnother one.');
  assert.equal(loadCsv('only,names\n').text, 'only; names');
});

test('years and dates in the first row are column names if the values below them are not years or dates', () => {
  assert.equal(loadCsv('Country,2020,2021\nMalta,0.5,0.6\n').text, 'Country: Malta; 2020: 0.5; 2021: 0.6');
  assert.equal(loadCsv('Shop;01/2020;2020-02-01\nA;7;8\n').text, 'Shop: A; 01/2020: 7; 2020-02-01: 8');
  assert.equal(loadCsv('Ann,1950,2020\nBob,1961,\n').text, 'Ann; 1950; 2020\nBob; 1961');
  assert.equal(loadCsv('2020,2021\n5,6\n').text, '2020; 2021\n5; 6');
  assert.equal(loadCsv('Ann,3,x\nBob,4,y\n').text, 'Ann; 3; x\nBob; 4; y');
  assert.equal(
    loadCsv('Item,1.5.2020,12/1999,31.12.2021,1890,2100\nAlder,1,2,3,4,5\n').text,
    'Item: Alder; 1.5.2020: 1; 12/1999: 2; 31.12.2021: 3; 1890: 4; 2100: 5',
  );
  assert.equal(loadCsv('Item,1499,2200\nAlder,2,3\n').text, 'Item; 1499; 2200\nAlder; 2; 3');
  assert.equal(loadCsv('Shop,2020,2021\nA,,5\n').text, 'Shop: A; 2021: 5');
});

test('column names may hold numbers, years too', () => {
  assert.equal(
    loadCsv('Name;24 h;FY2020;2020 plan\nBo;3;2019;2018\n').text,
    'Name: Bo; 24 h: 3; FY2020: 2019; 2020 plan: 2018',
  );
});

test('white space is no value, and none is kept around names and captions', () => {
  assert.equal(
    loadCsv('  Sales  of\t2024 ,,\n Name , note,more\nAlder, ,x\n ,Birch,y\n').text,
    'Sales of 2024\n\nName: Alder; more: x\nnote: Birch; more: y',
  );
  assert.equal(loadCsv('  Sales  of\t2024 ,,\nName,note,x\nAlder,1,2\n').title, 'Sales of 2024');
});

test('column names may be abbreviations or questions', () => {
  assert.equal(
    loadCsv('Pos.;Art.-Nr.;Price incl. VAT.\n1;A-17;12,50\n').text,
    'Pos.: 1; Art.-Nr.: A-17; Price incl. VAT.: 12,50',
  );
  assert.equal(
    loadCsv('Time;How satisfied are you with us?;Paid?\n10:11;5;\n').text,
    'Time: 10:11; How satisfied are you with us?: 5',
  );
  for (const rows of ['Who pays?;We do.\nWho asks?;You do.', 'She left early on Monday.;A\nHe stays;B'])
    assert.equal(loadCsv(rows).text, rows.replaceAll(';', '; '));
});

test('pairs above a table, as banks and reports write them, are not taken for column names', () => {
  const table = '"Day";"Text";"Payee";"Sum (€)";\n"02.01.2026";"Debit";"City works";"-80,00";\n';
  const { text, title, blocks } = loadCsv(
    `"Account:";"DE12 / Giro";\n\n"From";"1 January"\n"Balance of 2 January:";"1.234,56";\n\n${table}`,
  );
  const pairs = 'Account: DE12 / Giro\nFrom: 1 January\nBalance of 2 January: 1.234,56';
  assert.equal(text, `${pairs}\n\nDay: 02.01.2026; Text: Debit; Payee: City works; Sum (€): -80,00`);
  assert.equal(title, null);
  assert.equal(blocks.length, 2);
  // Most rows of what follows must be wide, and all of what stands above it pairs.
  for (const rows of ['a,b\nc,d,e,f\ng,h\n', 'a,,,b\nc,d\ne,f,g,h\ni,j,k,l\n'])
    assert.equal(loadCsv(rows).blocks.length, 1, rows);
  // Two columns make a table as well, and what comes after the names is no pair above them.
  assert.equal(loadCsv('Key;Value\na;1\nb;2\n').text, 'Key: a; Value: 1\nKey: b; Value: 2');
  assert.equal(
    loadCsv('Name;Age;City\nBo;3\nMia;4;Umeå;moved\n').text,
    'Name: Bo; Age: 3\nName: Mia; Age: 4; City: Umeå; moved',
  );
});

test('a long row becomes a paragraph with a line for each value', () => {
  const long = 'A sentence that goes on. '.repeat(20).trim();
  const { text, blocks } = loadCsv(`q,a\nWhy?,"${long}"\nHow?,So\n`);
  assert.equal(text, `q: Why?\na: ${long}\n\nq: How?; a: So`);
  assert.deepEqual(
    blocks.map(({ start, end }) => text.slice(start, end)),
    ['q: How?; a: So'],
  );
});

test('in any table, every value outside the row of column names is in the text', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/\s+/g, ' ').trim());
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(rows, (table) => {
      const { text } = loadCsv(papaparse.unparse(table, { delimiter: ',', quotes: true, newline: '\n' }));
      // The column names may be in the first row that isn't blank or, below captions, in the first with several values, or many.
      const filled = table.map((row) => row.filter((value) => value !== '').length);
      const naming = [
        filled.findIndex((count) => count > 0),
        filled.findIndex((count) => count > 1),
        filled.findIndex((count) => count > 2),
      ];
      for (const value of table.filter((_, index) => !naming.includes(index)).flat())
        assert.ok(text.includes(value), JSON.stringify([value, text]));
    }),
    { seed: 4, numRuns: 300 },
  );
});

test('captions above the column names are not taken for column names, and the first caption is the title', () => {
  for (const caption of ['Sales of 2024\n\n', 'Sales of 2024,,\n,,\n']) {
    const { text, title, blocks } = loadCsv(`${caption}City,Sales\nBerlin,100\nTokyo,200\n`);
    assert.equal(title, 'Sales of 2024');
    assert.equal(text, 'Sales of 2024\n\nCity: Berlin; Sales: 100\nCity: Tokyo; Sales: 200');
    assert.equal(blocks.length, 2);
  }
  const { text, title } = loadCsv('Sales of 2024\nBy city\nCity,Sales\nBerlin,100\n');
  assert.equal(title, 'Sales of 2024');
  assert.equal(text, 'Sales of 2024\nBy city\n\nCity: Berlin; Sales: 100');
  assert.equal(loadCsv('email\na@example.org\n').text, 'email: a@example.org');
  // Nor is a column's name a caption where only some of its rows have another value, or a comma that should be in quotation marks.
  assert.equal(
    loadCsv('email\na@example.org\nb@example.org,old\nc@example.org\n').text,
    'email: a@example.org\nemail: b@example.org; old\nemail: c@example.org',
  );
  // As pandas and R write it: the column of row names has no name.
  assert.equal(loadCsv('"",price\nTokyo,220\n').text, 'Tokyo; price: 220');
});

test('a quotation mark that is never closed does not swallow the rows after it', () => {
  const rows = 'id,text,more\n1,"a, b",c\n2,"open,d\n3,"e, f",g\n4,"two\nlines",h\n';
  assert.equal(
    loadCsv(rows).text,
    [
      'id: 1; text: a, b; more: c',
      'id: 2; text: "open; more: d',
      'id: 3; text: e, f; more: g',
      'id: 4; text: two lines; more: h',
    ].join('\n'),
  );
  assert.equal(loadCsv('name\tnote\nAda\t"open\nBob\tfine\n').text, 'name: Ada; note: "open\nname: Bob; note: fine');
  assert.equal(loadCsv('id,text\n1,x\n2,"open').text, 'id: 1; text: x\nid: 2; text: open');
});

test('fifty thousand lines with an unclosed quotation mark are read without searching the rest for each', () => {
  const { text } = loadCsv(`id,text\n${'1,"open\n'.repeat(50_000)}`);
  assert.equal(text.split('\n').length, 50_000);
});

test('a separator, a delimiter and a caption are taken from the top of the file alone', () => {
  assert.equal(loadCsv('key=value,n\nsep=x\n1,2\n').text, 'key=value: sep=x\nkey=value: 1; n: 2');
  assert.equal(loadCsv('a;b\n1;say "x", he\n2;y\n').text, 'a: 1; b: say "x", he\na: 2; b: y');
  const caption = 'c'.repeat(300);
  assert.equal(loadCsv(`${caption}\nName,note\nAlder,1\n`).title, caption);
  assert.equal(loadCsv(`${caption}c\nName,note\nAlder,1\n`).title, null);
  assert.equal(loadCsv('Sales, , \nName,note,x\nAlder,1,2\n').title, 'Sales');
  const pairs = 'From 10:30:;x\nTo 11:45;y\n';
  assert.match(loadCsv(`${pairs}a;b;c;d\n1;2;3;4\n`).text, /^From 10:30: x\nTo 11:45: y\n\na: 1/);
  const captions = (count: number) => loadCsv(`${'caption\n'.repeat(count)}Name,note\nAlder,1\n`).text;
  assert.match(captions(18), /\n\nName: Alder; note: 1$/);
  assert.match(captions(19), /\n\nName; note\nAlder; 1$/);
});

test('what is long, a sentence, a question as those below it, or no year is no name of a column', () => {
  const name = 'n'.repeat(100);
  assert.equal(loadCsv(`${name},x\n1,2\n`).text, `${name}: 1; x: 2`);
  assert.equal(loadCsv(`${name}n,x\n1,2\n`).text, `${name}n; x\n1; 2`);
  assert.equal(loadCsv('Art.-Nr;x\nA.17;y\n').text, 'Art.-Nr: A.17; x: y');
  assert.equal(loadCsv('She left early Monday.;A\nHe stays;B\n').text, 'She left early Monday.; A\nHe stays; B');
  assert.equal(loadCsv('Who pays?;Why?\nWho asks?;How?\n').text, 'Who pays?; Why?\nWho asks?; How?');
  assert.equal(loadCsv('Item,1500\nAlder,2\n').text, 'Item: Alder; 1500: 2');
  for (const no of ['1.2.3.2020', '123.2020', '2020.123', '2020.1.1.1', '.2020', '2020.'])
    assert.equal(loadCsv(`Item;${no}\nAlder;2\n`).text, `Item; ${no}\nAlder; 2`);
  assert.equal(loadCsv('Item,2020\nAlder, \nBirch,3\n').text, 'Item; 2020\nAlder\nBirch; 3');
  assert.equal(loadCsv('1\n2\n').text, '1\n2');
});

test('a row with an unclosed quotation mark is read whole: the first, one behind blank lines, and the last', () => {
  assert.equal(loadCsv('"open,x\n1,2\n').text, '"open: 1; x: 2');
  assert.equal(loadCsv('a,b\n1,2\n\n\n3,"open\n4,5\n').text, 'a: 1; b: 2\na: 3; b: "open\na: 4; b: 5');
  assert.equal(loadCsv('id,text\n1,x\n2,"open\n').text, 'id: 1; text: x\nid: 2; text: open');
});

test('every table that is written as RFC 4180 says is read as it was written', () => {
  const value = fc
    .array(fc.constantFrom('a', 'B', '7', ',', ';', '"', '\n', ' ', '.'), { maxLength: 6 })
    .map((signs) => `v${signs.join('')}v`);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const plain = (text: string) => (/[",\n]/.test(text) ? quoted(text) : text);
  const oneLine = (text: string) => text.replace(/\s+/g, ' ');
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 6 }), fc.boolean(), (rows, all) => {
      const written = (row: string[]) => row.map(all ? quoted : plain).join(',');
      const { text } = loadCsv([['one', 'two'], ...rows].map(written).join('\n'));
      assert.equal(text, rows.map(([one, two]) => `one: ${oneLine(one)}; two: ${oneLine(two)}`).join('\n'));
    }),
    { seed: 5, numRuns: 500 },
  );
});

test('a caption that is longer than any heading is no title', () => {
  const long = 'x'.repeat(301);
  const titleOf = (caption: string) => loadCsv(`${caption}\n\nname,height\nAlder,24\nBirch,19\n`).title;
  assert.equal(titleOf(long), null);
  assert.equal(titleOf(long.slice(1)), long.slice(1));
});
