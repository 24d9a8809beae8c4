import { xmlElements } from './xml-elements.ts';

/** A style: its level as a heading (1 to 6), the list and level that it numbers paragraphs in, and whether it hides text. */
export type WordStyle = { heading: number | null; numId: string | null; level: number | null; isHidden: boolean };

type Declared = {
  basedOn?: string;
  name: string;
  outline?: number;
  numId?: string;
  level?: number;
  isHidden?: boolean;
};

/** Chains of styles that are based on each other end here; real ones have a handful. */
const LONGEST_CHAIN = 20;
const HEADING_NAME = /^heading ([1-9])$/i;
/** The outline level of body text. */
const BODY_LEVEL = 9;

/** The level as a heading that an outline level (0 to 8) stands for; null for that of body text. */
export const headingOf = (outline: number): number | null => (outline < BODY_LEVEL ? Math.min(outline + 1, 6) : null);

/** Whether a property that is there is on (`<w:vanish/>`), or turned off (`<w:vanish w:val="0"/>`). */
export const isOn = (value: string): boolean => !['0', 'false', 'off'].includes(value);

/** The styles of a Word document (`styles.xml`) by their ids, with what each takes from the style that it is based on. */
export function wordStyles(xml: string): Map<string, WordStyle> {
  const declared = new Map<string, Declared>();
  let style: Declared = { name: '' };
  for (const { name, attributes } of xmlElements(xml)) {
    const value = attributes.get('val') ?? '';
    if (name === 'style') {
      style = { name: '' };
      const id = attributes.get('styleId') ?? '';
      if (!declared.has(id)) declared.set(id, style);
    } else if (name === 'name') style.name = value;
    else if (name === 'basedOn') style.basedOn = value;
    else if (name === 'outlineLvl') style.outline = Number(value);
    else if (name === 'numId') style.numId = value;
    else if (name === 'ilvl') style.level = Number(value);
    else if (name === 'vanish') style.isHidden = isOn(value);
  }
  return new Map(Array.from(declared.keys(), (id) => [id, inherited(id, declared)]));
}

function inherited(id: string, declared: Map<string, Declared>): WordStyle {
  const chain: Declared[] = [];
  for (let at: string | undefined = id; at !== undefined && chain.length < LONGEST_CHAIN; at = chain.at(-1)!.basedOn) {
    const style = declared.get(at);
    if (!style) break;
    chain.push(style);
  }
  const first = <T>(of: (style: Declared) => T | undefined) => chain.map(of).find((value) => value !== undefined);
  const outline = first(({ outline, name }) => outline ?? outlineOfName(name));
  return {
    heading: outline === undefined ? null : headingOf(outline),
    numId: first(({ numId }) => numId) ?? null,
    level: first(({ level }) => level) ?? null,
    isHidden: first(({ isHidden }) => isHidden) ?? false,
  };
}

function outlineOfName(name: string): number | undefined {
  const level = HEADING_NAME.exec(name)?.[1];
  return level === undefined ? undefined : Number(level) - 1;
}
