type Line = { text: string; x?: number; y: number; size?: number };

const FIRST_FIELD = 6;

/**
 * A small PDF: pages of lines at given places, in Helvetica; `title` goes into its metadata. `packed` is deflated content that replaces the lines.
 * `fields` are the fields of a form on its first page: for each, the entries of its dictionary that not all fields share. `font` replaces Helvetica;
 * of many, each page has its own.
 */
export function makePdf(
  pages: Line[][],
  {
    title,
    encrypted = false,
    packed,
    fields = [],
    font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  }: { title?: string; encrypted?: boolean; packed?: Buffer; fields?: string[]; font?: string | string[] } = {},
): Uint8Array {
  const escaped = (text: string) => text.replace(/[\\()]/g, '\\$&');
  const pageIds = pages.map((_, index) => 20 + 2 * index);
  const references = fields.map((_, index) => `${FIRST_FIELD + index} 0 R`).join(' ');
  const objects = new Map([
    [1, `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${references}] >> >>`],
    [2, `<< /Type /Pages /Count ${pages.length} /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] >>`],
    [3, typeof font === 'string' ? font : 'null'],
    [4, `<< ${title === undefined ? '' : `/Title (${escaped(title)})`} >>`],
    [5, `<< /Filter /Standard /V 1 /R 2 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >>`],
  ]);
  pages.forEach((lines, index) => {
    const id = pageIds[index]!;
    const content = lines
      .map(({ text, x = 72, y, size = 12 }) => `BT /F1 ${size} Tf ${x} ${y} Td (${escaped(text)}) Tj ET`)
      .join('\n');
    const fontId = typeof font === 'string' ? 3 : 20 + 2 * pages.length + index;
    if (typeof font !== 'string') objects.set(fontId, font[index]!);
    const resources = `/MediaBox [0 0 612 792] /Resources << /Font << /F1 ${fontId} 0 R >> >>`;
    const annotations = index === 0 ? `/Annots [${references}]` : '';
    objects.set(id, `<< /Type /Page /Parent 2 0 R ${resources} ${annotations} /Contents ${id + 1} 0 R >>`);
    const stream = packed?.toString('latin1') ?? content;
    const filter = packed ? ' /Filter /FlateDecode' : '';
    objects.set(id + 1, `<< /Length ${stream.length}${filter} >>\nstream\n${stream}\nendstream`);
  });

  fields.forEach((entries, index) => {
    const shared = `/Type /Annot /Subtype /Widget /P ${pageIds[0]} 0 R /T (f${index})`;
    objects.set(FIRST_FIELD + index, `<< ${shared} ${entries} >>`);
  });

  let body = '%PDF-1.4\n';
  const offsets = new Map<number, number>();
  for (const [id, object] of objects) {
    offsets.set(id, body.length);
    body += `${id} 0 obj\n${object}\nendobj\n`;
  }
  const size = Math.max(...objects.keys()) + 1;
  const entries = Array.from({ length: size }, (_, id) => {
    const offset = offsets.get(id);
    return offset === undefined ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const encryption = encrypted ? `/Encrypt 5 0 R /ID [<${'00'.repeat(16)}> <${'00'.repeat(16)}>]` : '';
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R /Info 4 0 R ${encryption} >>\nstartxref\n${body.length}\n%%EOF`;
  return Buffer.from(`${body}xref\n0 ${size}\n${entries.join('')}${trailer}`, 'latin1');
}
