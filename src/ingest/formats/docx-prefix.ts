/** Where a document declares the prefix of a namespace, in the first edition of the standard or the strict one. */
const declarationOf = (transitional: string, strict: string) =>
  new RegExp(
    `\\sxmlns:([\\w-]+)\\s*=\\s*["']http://(?:schemas\\.openxmlformats\\.org/${transitional}|purl\\.oclc\\.org/ooxml/${strict})["']`,
  );

const DECLARATIONS = {
  w: declarationOf('wordprocessingml/2006/main', 'wordprocessingml/main'),
  m: declarationOf('officeDocument/2006/math', 'officeDocument/math'),
};

const ROOT = /<[a-z][^<>]*>/i;
/** The namespace of WordprocessingML, declared as that of elements without a prefix. */
const DEFAULT =
  /\sxmlns(\s*=\s*["']http:\/\/(?:schemas\.openxmlformats\.org|purl\.oclc\.org\/ooxml)\/wordprocessingml\/(?:2006\/)?main["'])/;
const WITHOUT_PREFIX = /<(\/?)(?=[a-z][\w.-]*[\s/>])/gi;

/**
 * The XML of a Word document with the prefix that Word itself writes for its elements (`w`) or those of formulas (`m`),
 * whichever the file has: some programs that rewrite files make up their own, or give its elements none. Linear in what it reads.
 */
export function withUsualPrefix(xml: string, usual: keyof typeof DECLARATIONS): string {
  const prefix = DECLARATIONS[usual].exec(xml)?.[1] ?? usual;
  const renamed = prefix === usual ? xml : withRenamed(xml, prefix, usual);
  return usual === 'w' ? withPrefix(renamed) : renamed;
}

function withRenamed(xml: string, prefix: string, usual: string): string {
  const named = new RegExp(`(?<=</?|\\s)${prefix}(?=:)`, 'g');
  const declared = new RegExp(`(?<=\\sxmlns:)${prefix}(?=\\s*=)`);
  return xml.replace(/<[^<>]*/g, (tag) => {
    const renamed = tag.replace(named, usual);
    return renamed.includes(`xmlns:${usual}`) ? renamed : renamed.replace(declared, usual);
  });
}

/** Gives elements without a prefix that of WordprocessingML, if the root says that they are its own. */
function withPrefix(xml: string): string {
  const root = ROOT.exec(xml)?.[0] ?? '';
  if (!DEFAULT.test(root)) return xml;
  const declared = /\sxmlns:w\s*=/.test(root) ? root : root.replace(DEFAULT, ' xmlns:w$1');
  return xml.replace(root, () => declared).replace(WITHOUT_PREFIX, '<$1w:');
}
