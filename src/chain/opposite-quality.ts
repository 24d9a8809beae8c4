import { isSameVerb } from '../ranking/irregular-verbs.ts';
import { contentStems, readWords } from '../ranking/words.ts';

const any = (...words: (string | undefined)[]) => new RegExp(`\\b(?:${words.filter(Boolean).join('|')})\\b`, 'i');

/** They may tell a maximum as well as a minimum: "files larger than 10 MB are refused", "18 or older". */
const comparing =
  'limit(?:s|ed)?|larger|smaller|longer|shorter|higher|lower|older|younger|(?:more|less|fewer) than|over|above|under|below';

/**
 * Qualities with their opposites, of which a text that speaks of one tells nothing about the other; and what in a text may
 * tell either besides. Those that answer for each other are left out: "A is larger than B", "a loss".
 */
const opposites = (
  [
    [
      'max(?:imum|imal)?|highest|largest|biggest|greatest|longest|tallest|at most',
      'min(?:imum|imal)?|lowest|smallest|shortest|fewest|at least|least',
      String.raw`upper|top|most|up to|exceed\w*|no more|(?:no|not) \w+er|${comparing}`,
      `(?:no|not) (?:less|fewer)|${comparing}`,
    ],
    ['fastest|quickest', 'slowest'],
    ['oldest', 'youngest|newest'],
    ['best', 'worst'],
    ['cheapest', 'dearest|most expensive'],
    ['heaviest', 'lightest'],
    ['strongest', 'weakest'],
    ['hottest|warmest', 'coldest|coolest'],
    ['full[- ]time', 'part[- ]time'],
    ['internal', 'external'],
    ['incoming|inbound', 'outgoing|outbound'],
    ['domestic|national', 'international|foreign|abroad'],
    ['gross', 'net'],
    ['indoors?', 'outdoors?'],
    ['weekdays?|working days?', 'weekends?'],
    ['adults?', 'child(?:ren)?', undefined, 'under|below|aged?|younger|minors?|kids?|pupils?|everyone'],
    ['males?|men', 'females?|women'],
    ['summers?', 'winters?'],
    ['temporary', 'permanent'],
    ['primary', 'secondary'],
    ['public', 'private'],
    ['direct(?:ly)?', 'indirect(?:ly)?'],
    ['manual(?:ly)?', 'automatic(?:ally)?'],
    ['uploads?', 'downloads?'],
    ['arrivals?', 'departures?'],
    ['incomes?|revenues?', 'expenses?|expenditures?', 'earn\\w*|sales', 'costs?|spen[dt]\\w*|pa(?:id|ys?)'],
    ['advantages?', 'disadvantages?'],
    ['included', 'excluded'],
  ] as [string, string, string?, string?][]
).flatMap(([one, other, mayTellOne, mayTellOther]) => [
  { asked: any(one), told: any(one, mayTellOne), opposite: any(other), tellsOpposite: any(other, mayTellOther) },
  { asked: any(other), told: any(other, mayTellOther), opposite: any(one), tellsOpposite: any(one, mayTellOne) },
]);

/** Whoever asks whether something is so may be answered by what is so instead; so may "why" and "how". */
const asksOpenly = /^\W*(?:\w+ )?(?:what|which|who|whom|whose|how (?:long|many|much|often)|when|where)\b/i;
const not = /^(?:not|\p{L}+n['’]t)$/iu;
/** What may deny something, leave it out, or set it against something else. */
const mayDeny =
  /\b(?:no|not|never|none|nothing|nobody|neither|nor|without|except|exclud\w*|exempt\w*|cannot|lack\w*|fail\w*|miss\w*|free|only|alone|unlike|other|others|rather|instead|few|little|hardly|unless|prohibit\w*|forb\w+|bann?\w*|refus\w*|reject\w*|den(?:y|ies|ied)|avoid\w*|prevent\w*|ignor\w*|un\w+|dis\w+|in\w+ble|but|although|though|however|while|whereas|remain\w*|stay\w*|left|leave\w*|omit\w*|skip\w*|else|rest|block\w*|lost|out|apart|away|off)\b|n['’]t\b/i;
/** What begins a part of a question with a meaning of its own. */
const beginsPart = /^(?:if|when|where|while|because|that|who|which|since|so|unless|until|after|before|to)$/i;
/** What parts the clauses of a sentence. */
const clauseEnd = /[.,;:!?(]\s*|\b(?:and|but|while|whereas)\b/;
/** How many words after "not" the word may stand that it denies. */
const deniedWithin = 2;

/**
 * Whether texts tell the opposite of what a question asks: of the minimum where it asks for the maximum, or of what is so
 * where it asks for what isn't. It goes by English words, and says no where a text may tell it all the same.
 * @param whole the texts with what completes them, such as the heading that they stand under
 */
export function tellsOpposite(question: string, texts: string[], whole: string[] = texts): boolean {
  if (!asksOpenly.test(question)) return false;
  const isAnywhere = (pattern: RegExp) => whole.some((text) => pattern.test(text));
  const isOfOpposite = opposites.some(
    ({ asked, told, opposite, tellsOpposite: tells }) =>
      asked.test(question) &&
      !opposite.test(question) &&
      isAnywhere(tells) &&
      !isAnywhere(told) &&
      !mayTellBesides(question, texts, { asked, tells }),
  );
  const asksForDenied = readWords(question).some(({ text }) => not.test(text));
  if (asksForDenied) return deniesOne(question, texts) && !isAnywhere(mayDeny);
  return isOfOpposite;
}

/**
 * Whether another clause than that of the opposite speaks of what is asked: "Clean the lens with a cloth; the worst is a
 * wet one." may tell the best way to clean it. In another sentence, one word that both share may be chance.
 */
function mayTellBesides(question: string, texts: string[], { asked, tells }: { asked: RegExp; tells: RegExp }) {
  // A heading speaks of all that stands under it.
  if (!texts.some((text) => tells.test(text))) return false;
  const wanted = contentStems(question.replace(asked, ''));
  return texts.some((text) => {
    const least = tells.test(text) ? 1 : Math.min(2, wanted.size);
    const clauses = text.split(clauseEnd).filter((clause) => !tells.test(clause));
    return least > 0 && clauses.some((clause) => wanted.intersection(contentStems(clause)).size >= least);
  });
}

/**
 * Whether a question denies something that texts speak of: "copied" in "Which files are not copied?", but not in "What do
 * I do if the lamp does not turn on?" or "What must be done not to lose it?".
 */
function deniesOne(question: string, texts: string[]): boolean {
  const asked = readWords(question);
  const at = asked.findIndex(({ text }) => not.test(text));
  const [next] = asked.slice(at + 1);
  const isOfWhole = asked.slice(1, at).every(({ text }) => !beginsPart.test(text)) && next?.text !== 'to';
  const denied = asked.slice(at + 1, at + 1 + deniedWithin).find(({ common }) => !common);
  if (at < 0 || !isOfWhole || !denied) return false;
  return texts.some((text) => readWords(text).some((word) => isSameVerb(word, denied)));
}
