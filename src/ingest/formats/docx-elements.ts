/** Elements that stand around others, which mammoth would leave out with all that they hold: of fields, text in another direction, drawings. */
const WRAPPERS =
  /<\/?(?:w:(?:fldSimple|dir|bdo|ruby|rubyBase)|wp:(?:inline|anchor)|a:graphic(?:Data)?|wp[sgc]:(?:wsp|txbx|wgp|grpSp|wpc))(?:\s[^<>]*)?>/g;
/** Shapes that mammoth doesn't know, of which it knows others. */
const SHAPE = /(<\/?v:)(?:oval|polyline|line|curve|arc)(?=[\s>])/g;
/** A drawing, whose text mammoth reads only where older programs would find it. */
const DRAWING = /(<\/?w:)drawing(?=[\s>])/g;
/** How text looks, how often it was edited, and places that links lead to: nothing of it is read, but mammoth takes much memory for each. */
const LOOK =
  /<w:(?:rFonts|szC?s?|lang|[biu]|[bi]Cs|color|kern|spacing|w|shd|highlight|ind|jc|tcW|vAlign|noProof|proofErr|lastRenderedPageBreak|bookmark(?:Start|End))(?:\s[^<>]*)?\/>/g;
const EDITED = /<w:(p|r|tr)(?:\s+w(?:14)?:\w+="[^"<>]*"){1,20}\s*(\/?)>/g;
const NO_PROPERTIES = /<w:(rPr|tcPr)(?:\/>|><\/w:\1>)/g;
/** Runs without properties, one behind the other. */
const PLAIN_RUNS = /(?:<w:r>(?:<w:t(?: xml:space="preserve")?>[^<]*<\/w:t>)+<\/w:r>){2,}/g;
const BETWEEN_TEXTS = /<\/w:t>(?:<\/w:r><w:r>)?<w:t(?: xml:space="preserve")?>/g;
/** An empty element that is written in full, as Go's encoder does. */
const IN_FULL = /<(w:\w+(?:\s[^<>]*)?)(?<!\/)><\/w:\w+>/g;
/** The columns of a table that a row leaves out at its beginning, said in its properties. */
const LEFT_OUT = /<w:gridBefore\s[^<>]{0,500}?w:val="(\d{1,2})"[^<>]{0,500}\/>[\s\S]{0,2000}?<\/w:trPr>/g;
/** What ends a line, or a page or column within a paragraph, and a tab that is aligned with a margin. */
const LINE_END = /<w:(?:cr|br)(?:\s[^<>]*)?\/>/g;
const ALIGNED_TAB = /<w:ptab\s[^<>]*\/>/g;
const DOUBLY_STRUCK = /<w:dstrike(?=[\s/>])/g;
const SYMBOL = /<w:sym\s[^<>]*\/>/g;
const SYMBOL_CODE = /w:char="([0-9a-f]{4})"/i;
const DROP_DOWN =
  /<w:ddList>((?:\s*<w:(?:result|default|listEntry)\s[^<>]*>)*)\s*<\/w:ddList>(\s*<\/w:ffData>\s*<\/w:fldChar>)/g;
/** The number of what is chosen stands before the one that is chosen at first. */
const CHOSEN = /<w:(?:result|default)\s[^<>]*?w:val="(\d{1,3})"/;
const CHOICE = /<w:listEntry\s[^<>]*?w:val="([^"<>]*)"/g;
const FIELD_PART = /<w:fldChar\s[^<>]*?w:fldCharType="(begin|separate|end)"/g;
const TEXT_TAG = /<(\/?)w:t(?=[\s>])/g;
const ALTERNATIVE = /<(\/?)mc:(AlternateContent|Choice|Fallback)(?:\s[^<>]*)?(?<!\/)>|<w:txbxContent[\s>]/g;

/** The XML of a part of a Word document in those elements that mammoth reads. Linear in what it reads. */
export function withKnownElements(xml: string): string {
  const known = xml
    .replace(IN_FULL, '<$1/>')
    .replace(LOOK, '')
    .replace(NO_PROPERTIES, '')
    .replace(EDITED, '<w:$1$2>')
    .replace(LEFT_OUT, '$&<w:tc><w:tcPr><w:gridSpan w:val="$1"/></w:tcPr><w:p/></w:tc>')
    .replace(LINE_END, '<w:br/>')
    .replace(ALIGNED_TAB, '<w:tab/>')
    .replace(DOUBLY_STRUCK, '<w:strike')
    .replace(SYMBOL, symbolText);
  const shown = withOneAlternative(known).replace(WRAPPERS, '').replace(SHAPE, '$1rect').replace(DRAWING, '$1pict');
  const read = withoutInstructions(shown).replace(DROP_DOWN, chosenText);
  return read.replace(PLAIN_RUNS, (runs) => runs.replace(BETWEEN_TEXTS, ''));
}

/** mammoth knows the signs of symbol fonts, whose codes are private, by capital digits; any other is a character. */
function symbolText(tag: string): string {
  const digits = SYMBOL_CODE.exec(tag)?.[1] ?? '';
  const code = Number.parseInt(digits, 16);
  if (code >= 0xe000 && code < 0xf900) return tag.replace(digits, digits.toUpperCase());
  return code > 0xff ? `<w:t>&#x${digits};</w:t>` : tag;
}

/** What is chosen in a drop-down field of a form, behind the element that holds the choices. */
function chosenText(_: string, choices: string, closing: string): string {
  const chosen = Number(CHOSEN.exec(choices)?.[1] ?? 0);
  const text = Array.from(choices.matchAll(CHOICE), ([, choice]) => choice)[chosen];
  return text === undefined ? closing : `${closing}<w:t>${text}</w:t>`;
}

/**
 * Makes the results of fields that stand in the instruction of another one (a `MERGEFIELD` in the condition of an `IF`) instructions
 * themselves, which nobody sees. A field that doesn't end has none.
 */
function withoutInstructions(xml: string): string {
  const begun: (number | null)[] = [];
  const instructions: { from: number; to: number }[] = [];
  for (const { 1: part, index } of xml.matchAll(FIELD_PART)) {
    if (part === 'begin') {
      begun.push(index);
      continue;
    }
    const from = begun.pop();
    if (part === 'separate' && from !== undefined) begun.push(null);
    if (typeof from !== 'number') continue;
    while ((instructions.at(-1)?.from ?? -1) > from) instructions.pop(); // within this one
    instructions.push({ from, to: index });
  }
  let read = '';
  let at = 0;
  for (const { from, to } of instructions) {
    read += xml.slice(at, from) + xml.slice(from, to).replace(TEXT_TAG, '<$1w:instrText');
    at = to;
  }
  return read + xml.slice(at);
}

/** An element with alternatives that is open: its first choice and its fallback, from tag to tag, and how many text boxes each has. */
type Alternatives = { from: number; parts: { name: string; from: number; to: number; boxes: number }[] };

/**
 * Leaves one of the alternatives that a document has for newer and older programs, which say the same: the fallback for older ones, which
 * is what mammoth reads, or the first choice, named as the fallback, where that alone has a text box.
 */
function withOneAlternative(xml: string): string {
  const open: Alternatives[] = [];
  const cuts: { from: number; to: number; instead: string }[] = [];
  let boxes = 0;
  for (const { 0: tag, 1: closes, 2: name, index } of xml.matchAll(ALTERNATIVE)) {
    const end = index + tag.length;
    if (name === undefined) boxes++;
    else if (name !== 'AlternateContent') {
      const parts = open.at(-1)?.parts;
      const part = parts?.at(-1);
      if (!closes) parts?.push({ name, from: index, to: index, boxes });
      else if (part) Object.assign(part, { to: end, boxes: boxes - part.boxes });
    } else if (!closes) open.push({ from: end, parts: [] });
    else {
      const { from = index, parts = [] } = open.pop() ?? {};
      const fallback = parts.find((part) => part.name === 'Fallback');
      const choice = parts[0];
      const kept = choice?.boxes && !fallback?.boxes ? choice : fallback;
      cuts.push({ from, to: kept?.from ?? index, instead: '' }, { from: kept?.to ?? index, to: index, instead: '' });
      if (kept?.name !== 'Choice') continue;
      const [opening, closing] = ['<mc:Choice', '</mc:Choice>'];
      cuts.push({ from: kept.from, to: kept.from + opening.length, instead: '<mc:Fallback' });
      cuts.push({ from: kept.to - closing.length, to: kept.to, instead: '</mc:Fallback>' });
    }
  }
  cuts.sort((one, other) => one.from - other.from || one.to - other.to);
  let read = '';
  let at = 0;
  for (const { from, to, instead } of cuts) {
    if (from < at) continue; // within what is cut
    read += xml.slice(at, from) + instead;
    at = to;
  }
  return read + xml.slice(at);
}
