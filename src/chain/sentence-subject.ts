import { readWords, type Word } from '../ranking/words.ts';

/**
 * How a party is spoken of: "Halden Maritime" is a name, "the landlord" and "students" are roles, and "the Supplier" is one
 * that a contract defines. One may be the other.
 */
export type PartyKind = 'name' | 'role' | 'defined role';

const article = /^(?:the|an?)$/i;
/** What parts a clause from those before it, and what parts it from another subject's. */
const partStart = /[,;:(.!?]\s+(?:(?:and|but|while|whereas|so|then|or)\s+)?/i;
const clauseStart = /[;:.!?]\s+|,\s+(?:and|but|while|whereas)\s+/i;
/** What stands for somebody who is named elsewhere, or may, and what begins a clause about the subject. */
const standsForOther =
  /^(?:i|you|s?he|it|we|they|ones?|this|that|these|those|there|who|whom|whose|which|what|such|both|each|others?|another|same|former|latter|(?:it|hi)s|her|their|our|your|my)$/i;
/** Those that others are a part of, or a kind of: what a firm does, its sales desk may do. */
const general =
  /^(?:compan(?:y|ies)|(?:firm|employer|employee|organi[sz]ation|system|service|app|application|program|product|device|machine|team|department|government|state|town|club|person|user|member|worker|tool|model|method|group)s?|business(?:es)?|software|staff|people|cit(?:y|ies)|part(?:y|ies)|universit(?:y|ies)|schools?)$/i;
/** How many words are read before and after a verb. */
const reach = 40;

/** How the words that a party begins with speak of it; null where that isn't clear. */
export function kindOfParty([first, second]: Word[]): PartyKind | null {
  const isRole = first !== undefined && article.test(first.text);
  const named = isRole ? second : first;
  if (!named || named.common || general.test(named.text)) return null;
  if (/^\P{Ll}/u.test(named.text)) return isRole ? 'defined role' : 'name';
  return /\p{Lu}/u.test(named.text) ? null : 'role';
}

/**
 * The clause of the verb at `at`: `subject` begins with who does what the verb says, and is empty where that isn't clear;
 * `words` are all of it besides the verb.
 */
export function clauseOf(text: string, words: Word[], at: number): { subject: Word[]; words: Word[] } {
  const verb = words[at]!;
  const start = words[Math.max(0, at - reach)]!.start;
  const before = text.slice(start, verb.start);
  const isSaid = (each: string) => each.trim() !== '';
  // "The landlord paints the walls, and repairs the roof."
  const clause = before.split(clauseStart).findLast(isSaid) ?? '';
  const part = clause.split(partStart).findLast(isSaid) ?? '';
  const from = verb.start + verb.text.length;
  const next = words[at + reach];
  const rest = text.slice(from, next?.start);
  const length = rest.search(partStart);
  return {
    subject: subjectOf(readWords(part), start === 0 && before.startsWith(part)),
    words: [...readWords(clause), ...readWords(length < 0 ? rest : rest.slice(0, length))],
  };
}

/** The words from a subject on of those before a verb. */
function subjectOf(said: Word[], isFirst: boolean): Word[] {
  const [first, second] = said;
  if (!first || said.some(({ text }) => standsForOther.test(text))) return [];
  if (article.test(first.text)) return said;
  // What begins a sentence has a capital though it may be no name: "Students", "Marta", "Management".
  if (!first.common) return !isFirst || (second !== undefined && /^\p{Lu}/u.test(second.text)) ? said : [];
  // "At the end the caretaker collects the keys."
  const last = said.findLastIndex(({ common }) => common);
  return last < said.length - 1 && article.test(said[last]!.text) ? said.slice(last) : [];
}
