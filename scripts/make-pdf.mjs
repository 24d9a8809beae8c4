// Makes the sample corpus's PDF from its text, so that it can be changed without an office program:
//   node scripts/make-pdf.mjs [output file]
// The output depends on the text alone (no dates, no random identifiers): the same text gives the same bytes.
// Format of the file: ISO 32000-1, sections 7.3 to 7.5 (objects, file structure) and 9.4 (text).

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./make-pdf/mm1.txt', import.meta.url));
const output = process.argv[2] ?? fileURLToPath(new URL('../corpus/mm1.pdf', import.meta.url));

/** A4 in points. */
const page = { width: 595, height: 842, margin: 72 };

/** Font F1 is Helvetica, F2 is Helvetica-Bold: two of the 14 fonts that every reader has, so none is embedded. */
const styles = {
  title: { font: 'F2', size: 18, leading: 24, before: 0, after: 10 },
  heading: { font: 'F2', size: 13, leading: 18, before: 10, after: 4 },
  paragraph: { font: 'F1', size: 11, leading: 15.5, before: 0, after: 8 },
};

/** Widths of Helvetica in thousandths of the size, for the characters 32 to 126 (Adobe's font metrics). */
const widths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];

/** The width of a text in points. Bold is a little wider than Helvetica, which the margin of a short heading absorbs. */
function widthOf(text, size) {
  let sum = 0;
  for (const character of text) sum += widths[character.charCodeAt(0) - 32] ?? 584;
  return (sum * size) / 1000;
}

/** The blocks of the source, separated by blank lines: `# ` is the title, `## ` a heading, anything else a paragraph. */
function parseBlocks(text) {
  return text
    .split(/\n\s*\n/)
    .map((block) => block.trim().replace(/\s+/g, ' '))
    .filter((block) => block !== '')
    .map((block) => {
      if (block.startsWith('## ')) return { style: 'heading', text: block.slice(3) };
      if (block.startsWith('# ')) return { style: 'title', text: block.slice(2) };
      return { style: 'paragraph', text: block };
    });
}

/** Breaks a text at spaces into lines no wider than the page allows. */
function wrap(text, size) {
  const lines = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer, size) > page.width - 2 * page.margin) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** A PDF string: Latin-1, which agrees with WinAnsiEncoding for every printable character. */
function pdfString(text) {
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0);
    if (code < 32 || (code > 126 && code < 161) || code > 255) {
      throw new Error(`The character ${character} can't be written in this font.`);
    }
    if (code > 126) result += `\\${code.toString(8).padStart(3, '0')}`;
    else result += '()\\'.includes(character) ? `\\${character}` : character;
  }
  return `(${result})`;
}

/** The drawing commands of each page. A block is never split, and a heading stays with the paragraph under it. */
function layOut(blocks) {
  const pages = [[]];
  let y = page.height - page.margin;
  const heightOf = (block) => {
    const style = styles[block.style];
    return style.before + wrap(block.text, style.size).length * style.leading + style.after;
  };
  blocks.forEach((block, index) => {
    const style = styles[block.style];
    const next = block.style === 'paragraph' ? undefined : blocks[index + 1];
    if (y - heightOf(block) - (next ? heightOf(next) : 0) < page.margin) {
      pages.push([]);
      y = page.height - page.margin;
    }
    y -= style.before;
    for (const line of wrap(block.text, style.size)) {
      y -= style.leading;
      pages
        .at(-1)
        .push(`BT /${style.font} ${style.size} Tf ${page.margin} ${y.toFixed(1)} Td ${pdfString(line)} Tj ET`);
    }
    y -= style.after;
  });
  return pages.map((commands) => commands.join('\n'));
}

/** The file: header, numbered objects, table of their offsets, trailer. Everything is ASCII, so a character is a byte. */
function makePdf(text) {
  const blocks = parseBlocks(text);
  const contents = layOut(blocks);
  const title = blocks.find((block) => block.style === 'title')?.text ?? '';
  const firstPage = 6;
  const pageNumbers = contents.map((_, index) => firstPage + 2 * index);
  const font = (name) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /Lang (en) >>',
    `<< /Type /Pages /Count ${contents.length} /Kids [${pageNumbers.map((number) => `${number} 0 R`).join(' ')}] >>`,
    font('Helvetica'),
    font('Helvetica-Bold'),
    `<< /Title ${pdfString(title)} >>`,
  ];
  contents.forEach((commands, index) => {
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page.width} ${page.height}] ` +
        `/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${pageNumbers[index] + 1} 0 R >>`,
      `<< /Length ${commands.length} >>\nstream\n${commands}\nendstream`,
    );
  });

  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const tableOffset = file.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${tableOffset}\n%%EOF\n`;
  return file;
}

writeFileSync(output, makePdf(readFileSync(source, 'utf8')), 'ascii');
