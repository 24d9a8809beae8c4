/** A stretch of a charset, from one code of two bytes to another, whose characters are numbered in their order. */
type Part = { number: number; charset: string; from: number; to: number };
/**
 * How the fonts of Chinese, Japanese and Korean PDFs number their characters: the collections of Adobe. `ascii` has the numbers of the space and
 * of the sign behind it, which the rest of ASCII follows, for letters of their own widths, and for those of half a character's width.
 * From `free` on no character has a number.
 */
const collections: Record<Collection, { ascii: [space: number, next: number][]; parts: Part[]; free: number }> = {
  GB1: {
    ascii: [
      [1, 2],
      [7_716, 814],
    ],
    parts: [
      { number: 96, charset: 'gb18030', from: 0xa1a1, to: 0xa1fe },
      { number: 262, charset: 'gb18030', from: 0xa3a1, to: 0xa3fe },
      { number: 940, charset: 'gb18030', from: 0xb0a1, to: 0xf7fe },
    ],
    free: 30_600,
  },
  CNS1: {
    ascii: [
      [1, 2],
      [13_648, 13_649],
    ],
    parts: [
      { number: 99, charset: 'big5', from: 0xa140, to: 0xa155 },
      { number: 595, charset: 'big5', from: 0xa440, to: 0xc67e },
    ],
    free: 19_200,
  },
  Japan1: {
    ascii: [
      [1, 2],
      [231, 232],
    ],
    parts: [
      { number: 633, charset: 'euc-jp', from: 0xa1a1, to: 0xa7fe },
      { number: 1_125, charset: 'euc-jp', from: 0xb0a1, to: 0xf4a4 },
    ],
    free: 23_100,
  },
  Korea1: {
    ascii: [
      [1, 2],
      [8_094, 8_095],
    ],
    parts: [
      { number: 101, charset: 'euc-kr', from: 0xa1a1, to: 0xa1fe },
      { number: 264, charset: 'euc-kr', from: 0xa3a1, to: 0xa3fe },
      { number: 1_086, charset: 'euc-kr', from: 0xb0a1, to: 0xc8fe },
    ],
    free: 18_400,
  },
};
type Collection = 'GB1' | 'CNS1' | 'Japan1' | 'Korea1';
/** Where the collection for Taiwan has some characters of Big5 otherwise than this does: places among those from 0xa440 on. */
const movedInBig5: [character: string, place: number][] = [
  ['耄', 1_836],
  ['銬', 3_713],
  ['薦', 4_626],
  ['嚨', 4_900],
  ['繳', 4_955],
];
/** Japanese fonts have a yen sign in the place of ASCII's backslash, and the backslash elsewhere. */
const [YEN, BACKSLASH, NUMBER_OF_BACKSLASH] = [0xa5, 0x5c, 97];

/** What of Unicode (UTF-16 code units, the last one not included) gets numbers, one range behind the other from `free` on. */
const ranges: [from: number, to: number][] = [
  [0xa0, 0x3400],
  [0x4e00, 0xa000],
  [0xff00, 0xfff0],
  [0xf900, 0xfb00],
];
const HANGUL: [number, number] = [0xac00, 0xd7a4];
const RARE_CHINESE: [number, number] = [0x3400, 0x4e00];
const UNKNOWN = 0xfffd;

/** The names of mappings (ISO 32000, table 116, and older ones) by what their codes are written in. */
const unicode = /^Uni(GB|CNS|JIS|KS)(?:2004|Pro)?-(UCS2|UTF16)(-HW)?-[HV]$/;
const collectionOf: Record<string, Collection> = { GB: 'GB1', CNS: 'CNS1', JIS: 'Japan1', KS: 'Korea1' };
const charsets: [
  names: RegExp,
  collection: Collection,
  charset: string,
  hasHalfWidth: boolean,
  isInSevenBits?: boolean,
][] = [
  [/^(?:GB|GBK)-EUC-[HV]$|^GBK2K-[HV]$/, 'GB1', 'gb18030', true],
  [/^GB(?:Kp|pc)-EUC-[HV]$/, 'GB1', 'gb18030', false],
  [/^GB-[HV]$/, 'GB1', 'gb18030', false, true],
  [/^(?:ETen-|HKscs-|ETHK-)?B5-[HV]$/, 'CNS1', 'big5', true],
  [/^(?:ETenms-B5|B5pc)-[HV]$/, 'CNS1', 'big5', false],
  [/^(?:90ms-|78ms-|78-|Ext-|Add-)?RKSJ-[HV]$/, 'Japan1', 'shift_jis', true],
  [/^(?:90msp|90pv|83pv)-RKSJ-[HV]$/, 'Japan1', 'shift_jis', false],
  [/^(?:78-)?EUC-[HV]$/, 'Japan1', 'euc-jp', true],
  [/^(?:(?:78|Ext|Add|NWP)-)?[HV]$/, 'Japan1', 'euc-jp', false, true],
  [/^KSC-EUC-[HV]$|^KSCms-UHC-HW-[HV]$/, 'Korea1', 'euc-kr', true],
  [/^KSC(?:ms-UHC|pc-EUC)-[HV]$/, 'Korea1', 'euc-kr', false],
  [/^KSC-[HV]$/, 'Korea1', 'euc-kr', false, true],
];

const hex = (number: number, bytes = 2) => `<${number.toString(16).padStart(2 * bytes, '0')}>`;

/**
 * The mappings from codes to characters that PDFs name instead of holding them, which pdf.js asks for and doesn't bring. Without them, it
 * leaves out all Chinese, Japanese and Korean text in fonts that use them. The real ones are large tables that lead
 * from codes to the numbers of characters in a font, and others from there to Unicode. As only the text matters here, the
 * codes are decoded as any text in their charset, and numbers made up for what they spell: such as no font has, so that nothing is
 * read from a font that uses the real ones. pdf.js makes an instance of it for each document.
 */
export class NamedMappings {
  async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const mapping = kind === 'cMapUrl' ? mappingNamed(filename) : null;
    if (mapping === null) throw new Error('pdf.js asks for data that is not there.');
    return Buffer.from(mapping, 'latin1');
  }
}

function mappingNamed(name: string): string | null {
  const collection = /^Adobe-(GB1|CNS1|Japan1|Korea1)-UCS2$/.exec(name)?.[1] as Collection | undefined;
  if (collection) return toUnicode(collection);
  const writing = name.endsWith('V') ? '/WMode 1 def\n' : '';
  const [, language = '', form, halfWidth] = unicode.exec(name) ?? [];
  if (form) return writing + fromUnicode(collectionOf[language]!, halfWidth !== undefined);
  const found = charsets.find(([names]) => names.test(name));
  if (!found) return null;
  const [, ofCharset, charset, hasHalfWidth, isInSevenBits = false] = found;
  return writing + fromCharset(ofCharset, charset, hasHalfWidth, isInSevenBits);
}

/** The ranges of a collection, each with the number of its first character, as far as there is room. */
function numbered(collection: Collection): { from: number; to: number; number: number }[] {
  let next: number = collections[collection].free;
  return [...ranges, collection === 'Korea1' ? HANGUL : RARE_CHINESE].flatMap(([from, to]) => {
    const number = next;
    if (number + to - from > 0x1_0000) return [];
    next += to - from;
    return { from, to, number };
  });
}

/** Characters of fonts that aren't known by their numbers become U+FFFD: pdf.js would take the numbers for characters. */
function toUnicode(collection: Collection): string {
  const { ascii, parts, free } = collections[collection];
  const units = Array<number>(free).fill(UNKNOWN);
  for (const [space, next] of ascii) {
    units[space] = 0x20;
    for (let unit = 0x21; unit < 0x7f; unit++) units[next + unit - 0x21] = unit;
    if (collection === 'Japan1') units[next + BACKSLASH - 0x21] = YEN;
  }
  if (collection === 'Japan1') units[NUMBER_OF_BACKSLASH] = BACKSLASH;
  for (const part of parts) {
    charactersOf(part).forEach((unit, place) => {
      units[part.number + place] = unit;
    });
  }
  const made = numbered(collection).map(
    ({ from, to, number }) => `${hex(number)} ${hex(number + to - from - 1)} ${hex(from)}`,
  );
  return [
    ...['begincodespacerange', '<0000> <ffff>', 'endcodespacerange'],
    ...['beginbfrange', `<0000> ${hex(free - 1)} [${units.map((unit) => hex(unit)).join('')}]`, ...made, 'endbfrange'],
  ].join('\n');
}

/** The characters of a part in their order, without those that vendors added. */
function charactersOf({ charset, from, to }: Part): number[] {
  const decoder = new TextDecoder(charset);
  const units: number[] = [];
  for (let code = from; code <= to; code++) {
    const trail = code & 0xff;
    if (trail < 0x40 || (trail > 0x7e && trail < 0xa1) || trail === 0xff || (charset !== 'big5' && trail < 0xa1))
      continue;
    const text = decoder.decode(Uint8Array.of(code >> 8, trail));
    const unit = text.length === 1 ? text.charCodeAt(0) : UNKNOWN;
    if (unit !== UNKNOWN && !(unit >= 0xe000 && unit < 0xf900)) units.push(unit);
  }
  if (charset !== 'big5' || units.length <= movedInBig5.at(-1)![1]) return units;
  const moved = movedInBig5.map(([character, place]) => ({ unit: character.charCodeAt(0), place }));
  const kept = units.filter((unit) => !moved.some((other) => other.unit === unit));
  for (const { unit, place } of moved) kept.splice(place, 0, unit);
  return kept;
}

function fromUnicode(collection: Collection, hasHalfWidth: boolean): string {
  const [space, next] = collections[collection].ascii[hasHalfWidth ? 1 : 0]!;
  const lines = [
    `<0020> <0020> ${space}`,
    `<0021> <007e> ${next}`,
    ...numbered(collection).map(({ from, to, number }) => `${hex(from)} ${hex(to - 1)} ${number}`),
    ...(collection === 'Japan1' ? [`${hex(BACKSLASH)} ${hex(BACKSLASH)} ${NUMBER_OF_BACKSLASH}`] : []),
  ];
  const spaces = '<0000> <d7ff>\n<d800dc00> <dbffdfff>\n<e000> <ffff>';
  return `begincodespacerange\n${spaces}\nendcodespacerange\nbegincidrange\n${lines.join('\n')}\nendcidrange\n`;
}

function fromCharset(collection: Collection, charset: string, hasHalfWidth: boolean, isInSevenBits: boolean): string {
  const decoder = new TextDecoder(charset);
  const [space, next] = collections[collection].ascii[hasHalfWidth ? 1 : 0]!;
  const numbers = numbered(collection);
  const spaces: string[] = [];
  const lines: string[] = [];
  const high = isInSevenBits ? 0x80 : 0;

  function add(bytes: number[], code: string): void {
    const text = decoder.decode(Uint8Array.from(bytes, (byte) => byte | high));
    const unit = text.length === 1 ? text.charCodeAt(0) : 0;
    const range = numbers.find(({ from, to }) => unit >= from && unit < to);
    if (unit === 0x20) lines.push(`${code} ${space}`);
    else if (unit > 0x20 && unit < 0x7f) lines.push(`${code} ${next + unit - 0x21}`);
    else if (range) lines.push(`${code} ${range.number + unit - range.from}`);
    else if (bytes.length > 1) lines.push(`${code} 0`);
  }

  for (let lead = 0; lead < 0x100; lead++) {
    if (!isInSevenBits && decoder.decode(Uint8Array.of(lead)) !== '\ufffd') {
      spaces.push(`${hex(lead, 1)} ${hex(lead, 1)}`);
      add([lead], hex(lead, 1));
      continue;
    }
    const [first, last] = isInSevenBits ? [0x21, 0x7e] : [0x40, 0xfe];
    spaces.push(`${hex(lead * 0x100 + first)} ${hex(lead * 0x100 + last)}`);
    for (let trail = first; trail <= last; trail++) add([lead, trail], hex(lead * 0x100 + trail));
  }
  if (charset === 'gb18030') spaces.push('<81308130> <fe39fe39>');
  return `begincodespacerange\n${spaces.join('\n')}\nendcodespacerange\nbegincidchar\n${lines.join('\n')}\nendcidchar\n`;
}
