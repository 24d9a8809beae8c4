import { isIrregularPast, isSameVerb } from '../ranking/irregular-verbs.ts';
import type { Word } from '../ranking/words.ts';
import { kindOfParty, type PartyKind } from './sentence-subject.ts';

/**
 * Who does something, what or whom it is done to, and who receives it, as far as a question names them, by their stems,
 * and how it speaks of who does it.
 */
export type Deed = {
  agent: Set<string>;
  patient: Set<string>;
  recipient: Set<string>;
  agentKind: PartyKind | null;
  asks: 'party' | 'thing' | 'other';
};

const none: Set<string> = new Set();

const auxiliary = /^(?:do|does|did|will|would|shall|should|may|might|must|can|could)$/i;
const be = /^(?:is|are|was|were|be|been|being)$/i;
export const isBe = ({ text }: Word) => be.test(text);
export const isTo = (word: Word | undefined) => /^to$/i.test(word?.text ?? '');
const asksParty = /^(?:who|whom|which)$/i;
/** They ask neither for who does it nor to whom, so that both are named. */
const asksOther = /^(?:when|where|how|why)$/i;
export const articles = /^(?:the|a|an|its|his|her|their)$/i;
/** Endings of nouns that share their stem with a verb. */
const nounOfVerb = /(?:ions?|ments?|[eo]rs?)$/;
/** What somebody is for or to another, said with "is" as others are with a verb. */
const states =
  /^(?:responsible|liable|accountable|entitled|obliged|required|allowed|permitted|authori[sz]ed|eligible|exempt)$/i;
export const isState = ({ text }: Word) => states.test(text);
const longestParty = 4;

/** What a question says of the deed that a word of a sentence names; null where it isn't the question's verb. */
export function deedOf(asked: Word[], said: Word, before: Word | undefined): Deed | null {
  const at = asked.findIndex((word) => isSameVerb(word, said) && /^\p{Ll}/u.test(word.text));
  if (at < 1) return null;
  const verb = asked[at]!;
  if (nounOfVerb.test(said.text) && !nounOfVerb.test(verb.text)) return null;
  const opening = asked.findIndex((word) => auxiliary.test(word.text) || isBe(word));
  if (isState(said)) return stateOf(asked, opening, at);
  const object = partyFrom(asked, at + 1);
  const to = asked.findIndex((word, place) => place > at + 1 && isTo(word));
  const recipient = to < 0 ? none : partyFrom(asked, to + 1);
  // "Who can buy B?"
  const asksWhoMay = opening === 1 && at === 2 && /^who$/i.test(asked[0]!.text) && !isBe(asked[opening]!);
  if (opening < 0 || opening > at || asksWhoMay) {
    // "Who bought B?", "Which company bought B?"
    const first = asked[0]!.text;
    const isPast = /(?:s|ed)$/.test(verb.text) || isIrregularPast(verb);
    const asksForAgent = /^who$/i.test(first) ? at === 1 || asksWhoMay : /^which$/i.test(first) && at <= 3 && isPast;
    return asksForAgent && object.size > 0
      ? { agent: none, agentKind: null, patient: object, recipient, asks: 'party' }
      : null;
  }
  const lead = asked.slice(0, opening).map(({ text }) => text);
  const asksForOne = lead.length === 0 || lead.some((text) => asksParty.test(text));
  const subject = partyFrom(asked, opening + 1, at);
  if (isBe(asked[opening]!)) {
    // "Was B bought by A?", "By whom was B bought?", "Who was bought by A?"
    const by = asked.findIndex(({ text }) => /^by$/i.test(text));
    if (!asksForOne || (by !== 0 && by !== at + 1)) return null;
    const agent = by > 0 ? partyFrom(asked, by + 1) : none;
    return { agent, agentKind: kindOfParty(asked.slice(by + 1)), patient: subject, recipient, asks: 'party' };
  }
  // After an auxiliary, what has the same form in a sentence may be a noun ("the finance director").
  const isInflected = said.text.toLowerCase() !== verb.text.toLowerCase() || auxiliary.test(before?.text ?? '');
  if (!isInflected || subject.size === 0) return null;
  const namesBoth = object.size > 0 && lead.some((text) => asksOther.test(text));
  const agentKind = kindOfParty(asked.slice(opening + 1, at));
  if (asksForOne || namesBoth) return { agent: subject, agentKind, patient: object, recipient, asks: 'party' };
  const asks = lead.length === 1 && /^what$/i.test(lead[0]!) ? 'thing' : 'other';
  return { agent: subject, agentKind, patient: none, recipient: none, asks };
}

/** "Is A liable for B?", "Who is liable for B?", "What is A liable for?" */
function stateOf(asked: Word[], opening: number, at: number): Deed | null {
  const isAsked = opening >= 0 && opening < at && isBe(asked[opening]!);
  const agent = isAsked ? partyFrom(asked, opening + 1, at) : none;
  const patient = isAsked ? partyFrom(asked, at + 2) : none;
  if (agent.size === 0 && (patient.size === 0 || !/^who$/i.test(asked[0]!.text))) return null;
  return { agent, agentKind: kindOfParty(asked.slice(opening + 1, at)), patient, recipient: none, asks: 'party' };
}

/** The stems of the party that is named from one word on: up to another, or to the next common word. */
function partyFrom(words: Word[], from: number, to?: number): Set<string> {
  let at = from;
  if (to === undefined && /^(?:to|for)$/i.test(words[at]?.text ?? '')) at += 1;
  if (articles.test(words[at]?.text ?? '')) at += 1;
  const end = to ?? words.findIndex(({ common }, place) => place >= at && common);
  const party = words.slice(at, end < 0 ? undefined : end);
  const isParty = party.length <= longestParty && !party.some(({ common }) => common);
  return new Set(isParty ? party.map(({ stem }) => stem) : []);
}
