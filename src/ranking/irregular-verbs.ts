import { readWords, type Word } from './words.ts';

/** The base of English verbs with the forms that no ending makes. */
const irregular = `arise arose arisen, awake awoke awoken, bear bore borne, beat beaten, become became, begin began begun,
  bend bent, bind bound, bite bit bitten, bleed bled, blow blew blown, break broke broken, breed bred, bring brought, build built,
  buy bought, catch caught, choose chose chosen, cling clung, come came, creep crept, deal dealt, dig dug, draw drew drawn,
  drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen, feed fed, feel felt, fight fought, find found,
  flee fled, fly flew flown, forbid forbade forbidden, forget forgot forgotten, forgive forgave forgiven, freeze froze frozen,
  give gave given, go went gone, grind ground, grow grew grown, hang hung, hear heard, hide hid hidden, hold held, keep kept,
  kneel knelt, know knew known, lay laid, lead led, learn learnt, leave left, lend lent, light lit, lose lost, mean meant,
  meet met, pay paid, ride rode ridden, ring rang rung, rise rose risen, run ran, say said, see saw seen, seek sought,
  sell sold, send sent, shake shook shaken, shine shone, shoot shot, show shown, shrink shrank shrunk, sing sang sung,
  sink sank sunk, sit sat, sleep slept, slide slid, speak spoke spoken, spend spent, spin spun, stand stood, steal stole stolen,
  stick stuck, strike struck, swear swore sworn, sweep swept, swim swam swum, swing swung, take took taken, teach taught,
  tear tore torn, tell told, think thought, throw threw thrown, understand understood, wake woke woken, wear wore worn,
  weave wove woven, win won, write wrote written`;

const stemOfBase = (base: string) => readWords(base)[0]!.stem;
const prefixes = ['', 'over', 'under', 're', 'out', 'with', 'un', 'fore', 'mis', 'up'];
const bases = new Map(
  irregular.split(',').flatMap((verb) => {
    const [base, ...forms] = verb.trim().split(/\s+/) as [string, ...string[]];
    return prefixes.flatMap((prefix) => forms.map((form) => [prefix + form, stemOfBase(prefix + base)] as const));
  }),
);

/** Whether a word is a form of an irregular verb that speaks of the past, such as "bought" or "written". */
export const isIrregularPast = ({ text }: Word) => bases.has(text.toLowerCase());

/** Whether two words may be forms of one verb: "buys" and "bought"; "found" is of "find" and of "founded". */
export function isSameVerb(one: Word, other: Word): boolean {
  return one.stem === other.stem || baseOf(one) === baseOf(other);
}

const baseOf = ({ text, stem }: Word) => bases.get(text.toLowerCase()) ?? stem;
