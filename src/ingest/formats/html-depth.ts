import { AppError } from '../../errors.ts';

/** How deep elements may nest. Real pages stay below 100. */
const DEEPEST = 256;

const words = (list: string) => new Set(list.split(' '));
const VOID = words('area base basefont br col embed frame hr img input link meta param source track wbr');
/** For elements whose closing tag is often left out: which open elements their opening tag closes. */
const CLOSED_BY: Record<string, Set<string>> = {
  p: words('p'),
  li: words('li'),
  dd: words('dd dt'),
  dt: words('dd dt'),
  tr: words('tr td th'),
  td: words('td th'),
  th: words('td th'),
  tbody: words('thead tbody'),
  tfoot: words('thead tbody'),
  option: words('option'),
  optgroup: words('option optgroup'),
};
/** Elements whose content is not parsed for tags. */
const RAW = words('script style title textarea xmp iframe noembed noframes');
const TAG = /<(\/?)([a-z][^\s/>]*)/iy;

/**
 * Refuses HTML that nests too deep, before a parser sees it: parsers search their stack of open elements at every closing tag, which
 * takes quadratic time (eight seconds for a hostile megabyte).
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function assertShallow(html: string): void {
  const openElements: string[] = [];
  let at = html.indexOf('<');
  while (at !== -1) {
    at = html.indexOf('<', afterMarkup(html, at, openElements));
  }
}

/** Reads the tag or comment at `at` and updates `openElements`. @returns where to go on */
function afterMarkup(html: string, at: number, openElements: string[]): number {
  if (html.startsWith('<!--', at)) return after(html, '-->', at + 4);
  TAG.lastIndex = at;
  const tag = TAG.exec(html);
  if (!tag) return at + 1;
  const end = after(html, '>', TAG.lastIndex);
  const name = tag[2]!.toLowerCase();
  if (VOID.has(name)) return end;
  if (tag[1]) {
    const index = openElements.lastIndexOf(name);
    if (index !== -1) openElements.length = index;
    return end;
  }
  if (RAW.has(name)) return afterRaw(html, name, end);
  const closed = Object.hasOwn(CLOSED_BY, name) ? CLOSED_BY[name] : undefined;
  while (closed?.has(openElements.at(-1) ?? '')) openElements.pop();
  const selfClosing = html[end - 2] === '/' && (openElements.includes('svg') || openElements.includes('math'));
  if (!selfClosing && openElements.push(name) > DEEPEST) {
    throw new AppError('BAD_DOCUMENT', `The HTML nests elements more than ${DEEPEST} deep.`);
  }
  return end;
}

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found === -1 ? html.length : found + mark.length;
}

function afterRaw(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}`, 'gi');
  closing.lastIndex = from;
  return closing.test(html) ? closing.lastIndex : html.length;
}
