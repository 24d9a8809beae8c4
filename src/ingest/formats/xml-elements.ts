import { Parser } from 'htmlparser2';
import { AppError } from '../../errors.ts';

/** How deep elements may nest; real files stay below ten. htmlparser2 takes time quadratic to the depth. */
const DEEPEST = 64;

/** An element: its name and its attributes, without prefixes, and the text directly within it. */
export type XmlElement = { name: string; attributes: Map<string, string>; text: string };

/**
 * The elements of a small XML file in the order of their opening tags, regardless of nesting. htmlparser2 reads it, without recursion,
 * and neither expands nor fetches entities other than XML's own five.
 * @throws {AppError} `BAD_DOCUMENT` for XML that declares entities or nests too deep
 */
export function xmlElements(xml: string): XmlElement[] {
  assertNoEntities(xml);
  const elements: XmlElement[] = [];
  const opened: XmlElement[] = [];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const named = Object.entries(attributes).map(([key, value]) => [localName(key), value] as const);
        const element = { name: localName(name), attributes: new Map(named), text: '' };
        elements.push(element);
        if (opened.push(element) > DEEPEST)
          throw new AppError('BAD_DOCUMENT', `The XML of the file nests more than ${DEEPEST} deep.`);
      },
      ontext(text) {
        const element = opened.at(-1);
        if (element) element.text += text;
      },
      onclosetag: () => void opened.pop(),
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
  return elements;
}

/**
 * Refuses XML that declares entities: no document needs them, and expanding them can turn a kilobyte into gigabytes or read a file.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function assertNoEntities(xml: string): void {
  if (/<!ENTITY/i.test(xml)) throw new AppError('BAD_DOCUMENT', 'The file declares XML entities, which are not read.');
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1);
