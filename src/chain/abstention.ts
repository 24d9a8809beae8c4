import { type Opening, openings } from './abstention-words.ts';

/** How much an apology may say behind the words that admit it, and how long those may be, in UTF-16 code units. */
const longestApology = 200;
const longestOpening = 200;
/** A word behind which an answer comes after all; in a text that still comes, one that is whole. */
const turns = /\b(?:but|however|aber|jedoch|allerdings|sondern|mais|cependant|toutefois)\b/;
const hasTurned = new RegExp(`${turns.source}[^]`);
const denies =
  /\b(?:no|not|none|nothing|never|neither|nor|lacks?|silent|sorry|cannot|unable|nicht|nichts|keine?[nrsm]?|leider|pas|rien|aucune?)\b|n't\b/;
/** What makes an answer of a sentence that only the beginning of denies: "The passages say nothing beyond the weight, 4 kg." */
const tells =
  /\b(?:although|though|while|whereas|except|beyond|besides|other than|apart from|instead|only|just|unless|until)\b/;

/** What no abstention is without, whichever its words: most answers are told by it at once. */
const deniesAtAll = /\bno\b|not|n['’]?t\b|unable|nicht|keine|\bpas\b|rien|aucun/i;

/**
 * Whether an answer only says that it doesn't know, or that the passages don't say it, and excuses itself. It is a real answer where it
 * goes on in another line, after "but" or "however", or after a colon or semicolon with anything that denies nothing ("I don't
 * know the day; the year was 1911."). Behind other words than "I don't know" nothing may follow but what denies too: what the
 * passages don't say may be all that is asked. A denial about a document by its name ("The contract mentions no …") is an answer.
 * @param answer without white space around it
 */
export function isAbstention(answer: string): boolean {
  if (!deniesAtAll.test(answer)) return false;
  return apologiesOf(answer).some(({ apology, opening }) => {
    if (apology === null || turns.test(apology)) return false;
    if (opening.needs && !opening.needs.test(apology)) return false;
    if (!opening.mayTell && tells.test(apology)) return false;
    const [, ...clauses] = apology.split(opening.mayTell ? /[:;]\s/ : /[.,:;!?]\s/);
    return clauses.every((clause) => denies.test(clause) || !/\p{L}/u.test(clause));
  });
}

/**
 * Whether a text, as far as it has come, may be an abstention when it is finished; once it can't, it never can.
 * @param text without white space around it
 */
export function mayAbstain(text: string): boolean {
  return apologiesOf(text).some(({ apology }) => apology === null || !hasTurned.test(apology));
}

/** The ways to read a text as an abstention: what follows the words that admit it, null where these have not come whole. */
function apologiesOf(text: string): { opening: Opening; apology: string | null }[] {
  if (text.length > longestOpening + longestApology || text.includes('\n')) return [];
  const begun = text
    .replace(/^[^\p{L}\p{N}]{0,20}/u, '')
    .replaceAll('’', "'")
    .toLowerCase();
  return openings.flatMap((opening) =>
    restsOf(begun, opening.slots).flatMap((apology) => {
      const isWord = apology !== null && /^[\p{L}\p{N}]/u.test(apology);
      return isWord || (apology?.length ?? 0) > longestApology ? [] : [{ opening, apology }];
    }),
  );
}

/** What of a text follows the slots, for each way to fill them; null where the text ends before they do. */
function restsOf(text: string, [slot, ...slots]: Opening['slots']): (string | null)[] {
  if (slot === undefined) return [text];
  return slot.flatMap((words) => {
    if (text.startsWith(words)) return restsOf(text.slice(words.length), slots);
    return words.startsWith(text) ? [null] : [];
  });
}
