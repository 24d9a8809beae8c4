/** Where a document declares the prefix of a namespace, in the first edition of the standard or the strict one. */
const declarationOf = (transitional: string, strict: string) =>
  new RegExp(
    `\\sxmlns:([\\w-]+)\\s*=\\s*["']http://(?:schemas\\.openxmlformats\\.org/${transitional}|purl\\.oclc\\.org/ooxml/${strict})["']`,
  );

const DECLARATIONS = {
  w: declarationOf('wordprocessingml/2006/main', 'wordprocessingml/main'),
  m: declarationOf('officeDocument/2006/math', 'officeDocument/math'),
};

/**
 * The XML of a Word document with the prefix that Word itself writes for its elements (`w`) or those of formulas (`m`),
 * whichever the file has: some programs that rewrite files make up their own. Linear in what it reads.
 */
export function withUsualPrefix(xml: string, usual: keyof typeof DECLARATIONS): string {
  const prefix = DECLARATIONS[usual].exec(xml)?.[1] ?? usual;
  if (prefix === usual) return xml;
  const named = new RegExp(`(?<=</?|\\s)${prefix}(?=:)`, 'g');
  const declared = new RegExp(`(?<=\\sxmlns:)${prefix}(?=\\s*=)`);
  return xml.replace(/<[^<>]*/g, (tag) => {
    const renamed = tag.replace(named, usual);
    return renamed.includes(`xmlns:${usual}`) ? renamed : renamed.replace(declared, usual);
  });
}
