import { isMonth, isName, isNumber } from '../ranking/question-type.ts';
import { readWords, type Word } from '../ranking/words.ts';
import { articles, type Deed, deedOf, isBe, isState, isTo } from './asked-deed.ts';
import { clauseOf, kindOfParty } from './sentence-subject.ts';

/**
 * How a sentence has the parties that a question names: in its order, so that it tells the other; the other way round;
 * or with another who does it.
 */
export type PartyOrder = 'as asked' | 'swapped' | 'of another' | 'unclear';

/** What stands before nouns alone, besides articles. */
const counts =
  /^(?:this|that|these|those|two|three|four|many|some|several|few|all|most|more|both|such|no|any|five|six|seven|eight|nine|ten|each|every|other|own)$/i;
const prepositions =
  /^(?:to|for|from|of|in|on|at|by|with|after|before|under|since|during|against|between|than|as|about|into|over)$/i;
/** The stems of verbs of which either party may be named first. */
const mutual = /^(?:marr|marri|wed|meet|met|border|merg|fight|fought|play|compet|adjoin|match|join|shar|fac)$/;
/** Words that begin another clause. */
const clauseWords =
  'which|that|who|whom|whose|but|while|when|where|whether|because|once|if|unless|until|though|although|after|before|since|as|so';
/** What may begin another clause between a subject and a verb. */
const otherClause = new RegExp(String.raw`[,;:(]|\b(?:${clauseWords})\b`, 'i');
/** What follows a verb without an object, or a noun ("repairs are made"): nothing more, another clause, where and when. */
const noObject = new RegExp(
  String.raw`^\s*(?:$|[.,;:)]|(?:${clauseWords}|in|on|at|during|under|from|with|and|or|every|last|next|\p{L}+sel(?:f|ves)|is|are|was|were)\b)`,
  'iu',
);
/** It may stand for whom or what a question names. */
const itself = /^(?:it|him|them)$/i;
/** A subject stands at most so many words before its verb, an object so many after it. */
const near = { before: 12, after: 4 };
/** How much of a question is read, in UTF-16 code units. */
const readableCharacters = 400;

/**
 * In which order sentences have the parties that a question names, by the words around the question's verb, in English.
 * "Who did B buy?" and "Does B own A?" are swapped in "A bought B" and "A owns B", and "Does C own B?" is of another. What
 * one sentence has as asked counts most.
 * @param context all that was found: another is one whom it sets apart from the one asked about, so that it names both
 */
export function partyOrderOf(question: string, sentences: string[], context: string[] = sentences): PartyOrder {
  const asked = readWords(question.slice(0, readableCharacters));
  const read = sentences.map((text) => ({ text, words: readWords(text) }));
  let isDefined: boolean | undefined;
  // Whoever asks for "the supplier" means the "Supplier" of the contract.
  const defines = (agent: Set<string>) => {
    isDefined ??= context.some((text) => readWords(text).some((word) => agent.has(word.stem) && isName(word, text)));
    return isDefined;
  };
  const found = read.flatMap((sentence) =>
    sentence.words.flatMap((verb, at) => {
      const before = sentence.words[at - 1];
      const deed = isVerb(verb, before) ? deedOf(asked, verb, before) : null;
      return deed ? [{ order: orderOf(deed, sentence, at, { asked, defines }), sentence, deed }] : [];
    }),
  );
  const orders = new Set(found.map(({ order }) => order));
  if (orders.has('as asked')) return 'as asked';
  if (orders.has('swapped')) return 'swapped';
  // Where both parties are asked about, the sentence may name the one in another clause.
  const isOfAnother = ({ deed, sentence }: (typeof found)[number]) =>
    !read.some((other) => (other !== sentence || deed.patient.size === 0) && mayTell(deed, other)) &&
    names(context, deed.agent);
  // One of each sentence will do: a text may repeat a verb a thousand times.
  const firstOf = (order: Order) => found.filter((each) => each.order === order).filter(isFirstOfSentence);
  if (firstOf('all of another').some(isOfAnother)) return 'of another';
  if (orders.has('agent as asked')) return 'as asked';
  return firstOf('of another').some(isOfAnother) ? 'of another' : 'unclear';
}

const isFirstOfSentence = <Found extends { sentence: Sentence }>({ sentence }: Found, at: number, all: Found[]) =>
  all[at - 1]?.sentence !== sentence;

/** Whether a sentence besides may tell what a question asks of its agent, in other words. */
function mayTell({ agent, patient }: Deed, { words }: Sentence): boolean {
  const isIn = (party: Set<string>) => words.some(({ stem }) => party.has(stem));
  return isIn(agent) && (patient.size === 0 || isIn(patient));
}

const names = (texts: string[], party: Set<string>) =>
  texts.some((text) => party.isSubsetOf(new Set(readWords(text).map(({ stem }) => stem))));

/** The same for one verb, which may tell of one of two parties: as asked for who does it, or of another for both. */
type Order = PartyOrder | 'agent as asked' | 'all of another';
/** Whether the documents write a party as a term that they define. */
type Defines = (agent: Set<string>) => boolean;

type Sentence = { text: string; words: Word[] };

/** Whether a word may be a verb: it is none after an article, a preposition or "two". */
const isVerb = ({ text, stem, common }: Word, before: Word | undefined) =>
  before !== undefined &&
  !common &&
  /^\p{Ll}/u.test(text) &&
  !/(?:ing|ly)$/.test(text) &&
  !mutual.test(stem) &&
  !articles.test(before.text) &&
  !counts.test(before.text) &&
  !prepositions.test(before.text);

/** In which order a sentence has the parties around the verb at `at`, compared with a question. */
function orderOf(
  deed: Deed,
  { text, words }: Sentence,
  at: number,
  { asked, defines }: { asked: Word[]; defines: Defines },
): Order {
  const { agent, patient, recipient, asks } = deed;
  const verb = words[at]!;
  const before = words.slice(Math.max(0, at - near.before), at);
  const byAfter = words.slice(at + 1, at + 1 + near.after).findIndex(({ text: word }) => /^by$/i.test(word));
  const by = byAfter < 0 ? byAfter : at + 1 + byAfter;
  const isOfState = isState(verb);
  const isPassive = !isOfState && (before.slice(-2).some(isBe) || by === at + 1);
  if (isOfState && (!before.slice(-3).some(isBe) || before.slice(-3).some(({ text: word }) => /^not$/i.test(word))))
    return 'unclear';
  // "B was searched and bought", "B bought in March by A"
  if (!isOfState && !isPassive && (by > 0 || before.slice(-6).some(isBe))) return 'unclear';
  // "reports to B", but not "moved to B" where a question says only "moved"
  const isNewPreposition = (word: Word | undefined) =>
    word !== undefined && prepositions.test(word.text) && !asked.some(({ stem }) => stem === word.stem);
  const rest = text.slice(verb.start + verb.text.length);
  const hasObject = !noObject.test(rest) && (isOfState || !isNewPreposition(words[at + 1]));
  const from = isPassive ? by + 1 : at + 1;
  const objects = isPassive && by < 0 ? [] : words.slice(from, from + near.after);
  const end = objects.findIndex((word) => isNewPreposition(word) && !isTo(word));
  const after = new Set(objects.slice(0, end < 0 ? undefined : end).map(({ stem }) => stem));
  const isBefore = (party: Set<string>) => party.size > 0 && isSubject(party, before, text.slice(0, verb.start));
  const isAfter = (party: Set<string>) => party.size > 0 && party.isSubsetOf(after);
  const [first, second] = isPassive ? [patient, agent] : [agent, patient];
  const isAsAsked = isBefore(first) || isAfter(second);
  const isSwapped = (isBefore(second) && (isPassive || hasObject)) || isAfter(first);
  if (!isPassive && isBefore(recipient)) return 'swapped';
  // "B was bought" tells nobody.
  const mayBeSwapped = asks === 'party' || (asks === 'thing' && !isPassive);
  if (isPassive && by < 0 && !(isSwapped && mayBeSwapped)) return 'unclear';
  if (isSwapped && !isAsAsked) return mayBeSwapped ? 'swapped' : 'unclear';
  // "The portal supports logins; the web team supports it."
  if (!isPassive && agent.size === 0 && itself.test(words[at + 1]?.text ?? '')) return 'as asked';
  const isPatientAsAsked = isPassive ? isBefore(patient) : isAfter(patient);
  if (agent.size > 0 && isOther(deed, isPassive ? asClause(words.slice(from)) : clauseOf(text, words, at), defines))
    return isPatientAsAsked ? 'all of another' : 'of another';
  if (isAsAsked === isSwapped) return 'unclear';
  return agent.size > 0 && patient.size > 0 && !isPatientAsAsked ? 'agent as asked' : 'as asked';
}

/** After "by" there is no more than who does it. */
const asClause = (words: Word[]) => ({ subject: words, words: words.slice(0, near.after) });

/** Whether a clause is clearly about another who does it than a question is. */
function isOther({ agent, agentKind }: Deed, { subject, words }: ReturnType<typeof clauseOf>, defines: Defines) {
  const kind = kindOfParty(subject);
  if (kind === null || agentKind === null || words.some(({ stem }) => agent.has(stem))) return false;
  return kind === agentKind || (kind === 'defined role' && agentKind === 'role' && defines(agent));
}

/** Whether a party stands before a verb with no preposition before it, and with no other clause between them. */
function isSubject(party: Set<string>, before: Word[], textBefore: string): boolean {
  const last = before.findLastIndex(({ stem }) => party.has(stem));
  const first = last + 1 - party.size;
  if (last < 0 || first < 0) return false;
  if (!party.isSubsetOf(new Set(before.slice(first, last + 1).map(({ stem }) => stem)))) return false;
  if (otherClause.test(textBefore.slice(before[last]!.start + before[last]!.text.length))) return false;
  const from = before[first]!.start;
  // In "In March A bought B", the preposition is the month's, and in "C pays for D; A pays" of another clause.
  const lead = before
    .slice(0, first)
    .findLast((word) => isMonth(word) || isNumber(word) || (word.common && !articles.test(word.text)));
  return !lead || !prepositions.test(lead.text) || /[;:]/.test(textBefore.slice(lead.start, from));
}
