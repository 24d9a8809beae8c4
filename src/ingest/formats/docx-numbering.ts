import { inLetters, inRoman } from './numerals.ts';
import { xmlElements } from './xml-elements.ts';

/** Word has nine levels. */
const LEVELS = 9;
/** A longer label (UTF-16 code units) is no number but a text that somebody repeats. */
const LONGEST_LABEL = 60;
const PLACE = /%([1-9])/g;

type Level = { start: number; format: string; text: string; inDigits: boolean; restarts: boolean; style?: string };
type List = { levels: Map<number, Level>; link?: string };
type Num = { list: string; starts: Map<number, number>; levels: Map<number, Level> };

/** Numbers the paragraphs of a Word document, which must be taken in their order. */
export type Numbering = ReturnType<typeof createNumbering>;

/**
 * What stands before the numbered paragraphs of a Word document, told from its `numbering.xml`. A list's count goes on where
 * other paragraphs part it, as in Word.
 * @param numIdOfStyle the list that a style of lists stands for
 */
export function createNumbering(xml: string, numIdOfStyle: (styleId: string) => string | undefined) {
  const { lists, nums } = readNumbering(xml);
  const countsOf = new Map<string, (number | undefined)[]>();
  const begun = new Set<string>();

  function listOf(numId: string): { num: Num; id: string; list: List } | null {
    const num = nums.get(numId);
    const list = num && lists.get(num.list);
    if (!num || !list) return null;
    if (list.link === undefined) return { num, id: num.list, list };
    const linked = nums.get(numIdOfStyle(list.link) ?? '');
    const other = linked && lists.get(linked.list);
    return other && other.link === undefined ? { num, id: linked.list, list: other } : null;
  }

  /** The level of a list that is meant for a style, or null. */
  function levelOfStyle(numId: string, styleId: string): number | null {
    for (const [level, { style }] of listOf(numId)?.list.levels ?? []) if (style === styleId) return level;
    return null;
  }

  /**
   * Counts a paragraph and returns its label: `2.1`, `(a)`; null for a bullet, and '' where there is none. A bullet in place of
   * another list's number, which LibreOffice writes and mammoth takes for a number, is a label too: `-`.
   */
  function labelOf(numId: string, level: number): string | null {
    const found = listOf(numId);
    if (!found || !(level >= 0 && level < LEVELS)) return '';
    const { num, id, list } = found;
    const levelAt = (at: number) => num.levels.get(at) ?? list.levels.get(at);
    const own = levelAt(level);
    if (!own) return '';
    const counts = countsOf.get(id) ?? [];
    countsOf.set(id, counts);
    // Each level starts where it is first used: lists within others, too, say of all levels where these start.
    const start = num.starts.get(level);
    if (start !== undefined && !begun.has(`${numId} ${level}`)) counts[level] = start - 1;
    begun.add(`${numId} ${level}`);
    counts[level] = (counts[level] ?? own.start - 1) + 1;
    for (let deeper = level + 1; deeper < LEVELS; deeper++)
      if (levelAt(deeper)?.restarts !== false) counts[deeper] = undefined;
    if (own.format === 'bullet') return own.text.trim() === '' ? '' : num.levels.has(level) ? '-' : null;
    if (own.format === 'none') return '';
    const label = own.text.replace(PLACE, (_, place: string) => {
      const at = Number(place) - 1;
      const { start = 1, format = 'decimal' } = levelAt(at) ?? {};
      return written(counts[at] ?? start, own.inDigits ? 'decimal' : format);
    });
    return label.length <= LONGEST_LABEL ? label.trim() : '';
  }

  return { labelOf, levelOfStyle };
}

function readNumbering(xml: string): { lists: Map<string, List>; nums: Map<string, Num> } {
  const lists = new Map<string, List>();
  const nums = new Map<string, Num>();
  let list: List = { levels: new Map() };
  let num: Num | null = null;
  let level = 0;
  let into: Level | null = null;
  for (const { name, attributes } of xmlElements(xml)) {
    const value = attributes.get('val') ?? '';
    if (name === 'abstractNum') {
      list = { levels: new Map() };
      lists.set(attributes.get('abstractNumId') ?? '', list);
      num = null;
    } else if (name === 'num') {
      num = { list: '', starts: new Map(), levels: new Map() };
      nums.set(attributes.get('numId') ?? '', num);
    } else if (name === 'lvl') {
      level = Number(attributes.get('ilvl') ?? 0);
      into = { start: 1, format: 'decimal', text: '', inDigits: false, restarts: true };
      if (level < LEVELS) (num ?? list).levels.set(level, into);
    } else if (name === 'lvlOverride') level = Number(attributes.get('ilvl') ?? 0);
    else if (name === 'startOverride') num?.starts.set(level, Number(value));
    else if (name === 'abstractNumId' && num) num.list = value;
    else if (name === 'numStyleLink') list.link = value;
    else if (into) setProperty(into, name, value);
  }
  return { lists, nums };
}

function setProperty(level: Level, name: string, value: string): void {
  if (name === 'start') level.start = Number(value);
  else if (name === 'numFmt') level.format = value;
  else if (name === 'lvlText') level.text = value;
  else if (name === 'isLgl') level.inDigits = value !== '0' && value !== 'false';
  else if (name === 'lvlRestart') level.restarts = value !== '0';
  else if (name === 'pStyle') level.style = value;
}

function written(number: number, format: string): string {
  switch (format) {
    case 'lowerLetter':
      return inLetters(number);
    case 'upperLetter':
      return inLetters(number).toUpperCase();
    case 'lowerRoman':
      return inRoman(number);
    case 'upperRoman':
      return inRoman(number).toUpperCase();
    case 'decimalZero':
      return String(number).padStart(2, '0');
    default:
      return String(number);
  }
}
