import { isOn, type WordStyle } from './docx-styles.ts';

/** Runs of formulas (`m:r`) are formatted as other runs are, after properties of their own (`m:rPr`). */
const TAG = /<(\/?)[wm]:(p|pPr|pStyle|r|rPr|rPrChange|rStyle|vanish)(?=[\s/>])([^<>]*)>/g;
const VALUE = /w:val\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')/;

/** A run that is open; what it holds begins at `from`. */
type Run = { from: number; style: string; vanish?: boolean; styleOfParagraph: string };

/**
 * The XML of a Word document without the runs that are formatted as hidden: Word neither shows nor prints them, so a
 * reader could not find what is quoted from them. What a style hides, another one that hides as well shows again
 * (ECMA-376, 17.7.3 "Toggle Properties"); what the run says itself goes before both. Linear in what it reads.
 */
export function withoutHidden(xml: string, styles: Map<string, WordStyle>): string {
  const hides = (style: string) => styles.get(style)?.isHidden === true;
  if (!xml.includes('<w:vanish') && !styles.values().some(({ isHidden }) => isHidden)) return xml;
  const paragraphs: string[] = [];
  const runs: Run[] = [];
  const cuts: { from: number; to: number }[] = [];
  let ofParagraph = 0; // how many properties of paragraphs are open: the formatting in them is that of the paragraph's mark
  let ofRun = false;
  let isFormer = false; // formatting as it was before a tracked change
  for (const { 0: tag, 1: closes, 2: name, 3: attributes = '', index } of xml.matchAll(TAG)) {
    const opens = !closes && !attributes.endsWith('/');
    const run = runs.at(-1);
    if (name === 'p' && opens) paragraphs.push('');
    else if (name === 'p' && closes) paragraphs.pop();
    else if (name === 'pPr') ofParagraph += closes ? -1 : opens ? 1 : 0;
    else if (name === 'pStyle' && !closes && ofParagraph === 1) paragraphs[paragraphs.length - 1] = valueIn(attributes);
    else if (name === 'r' && opens)
      runs.push({ from: index + tag.length, style: '', styleOfParagraph: paragraphs.at(-1) ?? '' });
    else if (name === 'r' && closes) {
      runs.pop();
      if (!run || !(run.vanish ?? hides(run.style) !== hides(run.styleOfParagraph))) continue;
      while ((cuts.at(-1)?.from ?? -1) > run.from) cuts.pop(); // within this one
      cuts.push({ from: run.from, to: index });
    } else if (name === 'rPrChange') isFormer = opens;
    else if (ofParagraph > 0 || isFormer || !run) continue;
    else if (name === 'rPr') {
      // A run's own come first; others that stand in it are those of a control in a text box.
      if (closes ? !ofRun : /\S/.test(xml.slice(run.from, index))) continue;
      ofRun = opens;
      run.from = index + tag.length;
    } else if (closes || !ofRun) continue;
    else if (name === 'rStyle') run.style = valueIn(attributes);
    else if (name === 'vanish') run.vanish = isOn(valueIn(attributes));
  }
  let read = '';
  let at = 0;
  for (const { from, to } of cuts) {
    read += xml.slice(at, from);
    at = to;
  }
  return read + xml.slice(at);
}

function valueIn(attributes: string): string {
  const [, doubly, singly = ''] = VALUE.exec(attributes) ?? [];
  return doubly ?? singly;
}
