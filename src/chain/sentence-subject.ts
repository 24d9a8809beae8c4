import type { Word } from '../ranking/words.ts';
import { readWords } from '../ranking/words.ts';

/**
 * How a party is spoken of: "Halden Maritime" is a name, "the landlord" and "students" are roles, and "the Supplier" is one
 * that a contract defines. One may be the other.
 */
export type PartyKind = 'name' | 'role' | 'defined role';

const article = /^(?:the|an?)$/i;
/** What parts a clause from those before it. */
const clauseStart = /[,;:(.!?]\s+(?:(?:and|but|while|whereas|so|then|or)\s+)?/i;
/** What stands for somebody who is named elsewhere, or may, and what begins a clause about the subject. */
const standsForOther =
  /^(?:i|you|s?he|it|we|they|ones?|this|that|these|those|there|who|whom|whose|which|what|such|both|each|others?|another|same|former|latter|(?:it|hi)s|her|their|our|your|my)$/i;
/** Those that others are a part of, or a kind of: what a firm does, its sales desk may do. */
const general =
  /^(?:compan(?:y|ies)|(?:firm|employer|employee|organi[sz]ation|system|service|app|application|program|product|device|machine|team|department|government|state|town|club|person|user|member|worker|tool|model|method|group)s?|business(?:es)?|software|staff|people|cit(?:y|ies)|part(?:y|ies)|universit(?:y|ies)|schools?)$/i;

/** How the words that a party begins with speak of it; null where that isn't clear. */
export function kindOfParty([first, second]: Word[]): PartyKind | null {
  const isRole = first !== undefined && article.test(first.text);
  const named = isRole ? second : first;
  if (!named || named.common || general.test(named.text)) return null;
  if (/^\P{Ll}/u.test(named.text)) return isRole ? 'defined role' : 'name';
  return /\p{Lu}/u.test(named.text) ? null : 'role';
}

/** The words of a text up to the end of the clause of the verb at `at`. */
export function wordsOfClause(text: string, words: Word[], at: number): Word[] {
  const verb = words[at]!;
  const from = verb.start + verb.text.length;
  const length = text.slice(from).search(clauseStart);
  return length < 0 ? words : words.filter(({ start }) => start < from + length);
}

/** The words from the subject of the verb at `at` on; none where it isn't clear who does what the verb says. */
export function subjectOf(text: string, words: Word[], at: number): Word[] {
  const clauses = text.slice(0, words[at]!.start).split(clauseStart);
  // "The landlord paints the walls, and repairs the roof."
  const clause = clauses.findLast((each) => each.trim() !== '') ?? '';
  const said = readWords(clause);
  if (said.some((word) => standsForOther.test(word.text))) return [];
  const [first, second] = said;
  if (!first) return [];
  if (article.test(first.text)) return said;
  if (!first.common) {
    // What begins a sentence has a capital though it may be no name: "Students", "Marta", "Management".
    const isClear = clause !== clauses[0] || (second !== undefined && /^\p{Lu}/u.test(second.text));
    return isClear ? said : [];
  }
  // "At the end the caretaker collects the keys."
  const last = said.findLastIndex(({ common }) => common);
  return last < said.length - 1 && article.test(said[last]!.text) ? said.slice(last) : [];
}
