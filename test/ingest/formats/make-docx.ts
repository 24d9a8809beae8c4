import { makeZip, type ZipEntry } from './make-zip.ts';

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const R = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** A paragraph of a Word document; `style` is the id of its style, such as `Heading1`. */
export const paragraph = (text: string, style?: string) =>
  `<w:p>${style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : ''}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

export const table = (rows: string[][]) =>
  `<w:tbl>${rows.map((row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`).join('')}</w:tbl>`;

/** A Word document with this body (WordprocessingML); `more` adds entries to the archive or replaces those of the same name. */
export function makeDocx(
  body: string,
  { title, relationships = '', more = [] }: { title?: string; relationships?: string; more?: ZipEntry[] } = {},
): Buffer {
  const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const relationship = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${R}/${type}" Target="${target}"/>`;
  const entries: ZipEntry[] = [
    {
      name: '[Content_Types].xml',
      content: `${declaration}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    },
    {
      name: '_rels/.rels',
      content: `${declaration}<Relationships xmlns="${PACKAGE}/relationships">${relationship('r1', 'officeDocument', 'word/document.xml')}</Relationships>`,
    },
    {
      name: 'word/_rels/document.xml.rels',
      content: `${declaration}<Relationships xmlns="${PACKAGE}/relationships">${relationship('r1', 'styles', 'styles.xml')}${relationships}</Relationships>`,
    },
    {
      name: 'word/styles.xml',
      content: `${declaration}<w:styles xmlns:w="${W}">${['Title', 'Heading 1', 'Heading 2'].map((name) => `<w:style w:type="paragraph" w:styleId="${name.replace(' ', '')}"><w:name w:val="${name}"/></w:style>`).join('')}</w:styles>`,
    },
    {
      name: 'word/document.xml',
      content: `${declaration}<w:document xmlns:w="${W}" xmlns:r="${R}"><w:body>${body}</w:body></w:document>`,
    },
  ];
  if (title !== undefined)
    entries.push({
      name: 'docProps/core.xml',
      content: `${declaration}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></cp:coreProperties>`,
    });
  const replaced = new Set(more.map(({ name }) => name));
  return makeZip([...entries.filter(({ name }) => !replaced.has(name)), ...more]);
}
