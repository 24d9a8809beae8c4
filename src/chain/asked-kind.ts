import { isMonth, isNumber } from '../ranking/question-type.ts';
import { readWords, type Word } from '../ranking/words.ts';

const words = (list: string) => new RegExp(`^(?:${list.trim().replace(/\s+/g, '|')})$`, 'i');

/** Words of any time, and of any duration. */
const times = `
  centur(?:y|ies) decades? years? months? weeks? days? hours? minutes? seconds? moments? weekends? fortnights? quarters?
  (?:mon|tues|wednes|thurs|fri|satur|sun)days? today tomorrow yesterday tonight daily
  (?:bi|semi)?(?:weekly|monthly|annual(?:ly)?) fortnightly quarterly yearly
  jan feb mar apr jun jul aug sept? oct nov dec mon tue wed thu fri sat sun
  springs? summers? autumns? winters? mornings? noon midday afternoons? evenings? nights? midnight dawn dusk christmas easter
  seasons? semesters? terms? holidays? lifetime life ad bc b?ce`;
/** What comes before a time. */
const beforeTime =
  'after afterwards? before during until till since when whenever while once upon following throughout';
const ordinals = `first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
  sixteenth seventeenth eighteenth nineteenth twentieth`;
/** Words that tell when, however vaguely. */
const whens = `
  together alongside simultaneous(?:ly)? soon between amid under now then current(?:ly)? present(?:ly)? nowadays recent(?:ly)? always ever never immediate(?:ly)?
  instant(?:ly)? prompt(?:ly)? delay later? earl(?:y|ier) latest previous(?:ly)? original(?:ly)? initial(?:ly)? former(?:ly)?
  eventual(?:ly)? final(?:ly)? last next past ago already yet still times? dates? dated reigns? eras? ages? periods? epochs?
  dynast(?:y|ies) wars? sessions? shifts? phases? stages? versions? releases? beginning start end turn eve opening closing
  founding births? deaths? childhood youth career retirement anniversar(?:y|ies) arrival departure deliver(?:y|ies) receipt
  expiry completion notice termination outbreak battles? sieges? treat(?:y|ies) conferences? congress councils? meetings?
  mergers? elections? coronation accession fall crisis revolutions? reformation renaissance antiquity visit summit fair trial
  strike fire flood accident earthquake pandemic audit review every each regular(?:ly)? constant(?:ly)? continuous(?:ly)?
  permanent(?:ly)? ancient medieval baroque gothic victorian prehistoric contemporar(?:y|ies)`;
/**
 * Words that begin a condition or a purpose, which answer "when" where it asks about no one time: "A permit is needed to
 * work on the roof", "of guests", "Restarting clears it", "any purchase above the limit".
 */
const conditions = `
  if unless in within on at by with for per where provided as to of from only any all without because due above below over more
  less about automatic(?:ally)? [a-z]{3,}ing`;
const durations = `
  longer overnight forever always permanent(?:ly)? indefinite(?:ly)? whole entire until till since as after before while durations? during
  length immediate(?:ly)? instant(?:ly|aneous(?:ly)?)? ends? unlimited limit(?:ed|s)? pages? paragraphs? sentences? words? lines?
  characters?`;
const frequencies = `
  once twice thrice times? every each per hourly nightly always never regular(?:ly)? rare(?:ly)? seldom frequent(?:ly)?
  occasional(?:ly)? sometimes constant(?:ly)? continuous(?:ly)? permanent(?:ly)? whenever after before intervals? periodic(?:ally)?
  when if as with without need(?:s|ed)? no live real unlimited limit(?:ed|s)? demand`;
const places = `
  in at on near behind under underneath above below beneath beside between from to into onto inside outside within through
  throughout along across around round opposite by off over via against among amid beyond past up down out toward towards next
  here there where everywhere nowhere somewhere elsewhere home abroad online offline upstairs downstairs locally worldwide
  virtual(?:ly)? video left right front rear side middle top bottom floor ground north south east west
  click tap press choose select open go ask use using visit see call contact page tab menu button icon field portal website`;

/** What a question may ask for besides numbers, by its opening, and the words without which nothing tells it. */
const kinds = [
  {
    asks: 'time',
    asked:
      /^\W*(?:(?:in|on|since|until|by|from|during) )?(?:what|which) (?:exact )?(?:years?|months?|centur(?:y|ies)|decades?|dates?|days?)\b|\b(?:in|on|since|until) (?:what|which) (?:year|month|century|decade|date|day)\W*$/i,
    told: words(`${times} ${ordinals}`),
  },
  {
    asks: 'time',
    asked:
      /^\W*(?:(?:since|until|till|by|from) )?when (?:was|were|did|has|have|had)\b|\b(?:since|until|till) when\W*$/i,
    told: words(`${times} ${beforeTime} ${ordinals} ${whens}`),
  },
  {
    asks: 'time',
    asked:
      /^\W*(?:(?:until|till|by|from) )?when (?:is|are|do|does|will|would|shall|should|must|may|might|can|could)\b/i,
    told: words(`${times} ${beforeTime} ${ordinals} ${whens} ${conditions}`),
  },
  { asks: 'duration', asked: /^\W*(?:for )?how long (?!ago|after|before)/i, told: words(`${times} ${durations}`) },
  { asks: 'frequency', asked: /^\W*how (?:often|frequently)\b/i, told: words(`${times} ${frequencies}`) },
  { asks: 'place', asked: /^\W*(?:from )?where\b/i, told: words(places) },
];
/** A path, an address, or the way through menus. */
const address = /[\p{L}\p{N}][@/\\][\p{L}\p{N}]|(?:^|\s)[/~]\p{L}|[>→]|[\p{L}\p{N}]\.\p{Ll}/u;
/** "In Windows 11", "since Python 3.12" and "in Q3" tell when, "the Kestrel 2" doesn't. */
const beforeRelease = /^(?:in|since|with|from|until|till|after|before)$/i;
/** Words of English prose; a row of a table, or another language, may tell a time in a way that isn't known. */
const prose = /^(?:the|an?|of|and|is|are|was|were|to|by|for|in)$/i;
const isWrittenAsName = ({ text }: Word) => /^\p{Lu}/u.test(text);
const isYear = /^\d{4}$/;
/** A question may say them without telling anything: "Where does it come from?", "Until when …?" */
const isUnsaid = words(`${beforeTime} from to`);

/**
 * Whether texts may tell what a question asks that wants to know when, where, how long or how often; null where it asks
 * something else, or that isn't clear. They don't if they are English prose without any word that could tell it, besides
 * those of the question. A number may tell all of it, and a name where.
 */
export function mayTellKind(question: string, texts: string[]): boolean | null {
  const wanted = kinds.find(({ asked }) => asked.test(question));
  if (!wanted) return null;
  const read = texts.map(readWords);
  const said = new Set(readWords(question).flatMap(({ stem, text }) => (isUnsaid.test(text) ? [] : [stem])));
  const tells = (word: Word, at: number, all: Word[]): boolean => {
    if (said.has(word.stem)) return false;
    if (wanted.told.test(word.text) || isMonth(word)) return true;
    if (wanted.asks === 'place' && word.start > 0 && isWrittenAsName(word)) return true;
    // The number of a "Kestrel 2" is no time.
    const before = all[at - 1];
    const isNamed =
      wanted.asks === 'time' && before !== undefined && isWrittenAsName(before) && !before.common && !isMonth(before);
    const isOfName = isNamed && !beforeRelease.test(all[at - 2]?.text ?? '');
    return isNumber(word) && (isYear.test(word.stem) || !isOfName);
  };
  if (read.some((each) => each.some(tells)) || (wanted.asks === 'place' && texts.some((text) => address.test(text))))
    return true;
  return read.every((each) => each.some(({ text }) => prose.test(text))) ? false : null;
}
