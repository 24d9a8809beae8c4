/** How the prompt tells a model to abstain, with what models make of it. */
const admits = /^[^\p{L}\p{N}]{0,20}i (?:don['’]?t|do not) know\b/iu;
const admissions = ["i don't know", 'i don’t know', 'i dont know', 'i do not know'];
/** How much an apology may say behind that, in UTF-16 code units. */
const longestApology = 200;
/** A word behind which an answer comes after all; in a text that still comes, one that is whole. */
const turns = /\b(?:but|however)\b/i;
const hasTurned = /\b(?:but|however)\b[\s\S]/i;
const denies = /\b(?:no|not|none|nothing|never|neither|nor|lacks?|silent|sorry)\b|n['’]t\b/i;

/**
 * Whether an answer only says that it doesn't know, and excuses itself. It is a real answer where it goes on in another line, after
 * "but" or "however", or after a colon or semicolon with anything that denies nothing ("I don't know the day; the year was 1911.").
 * @param answer without white space around it
 */
export function isAbstention(answer: string): boolean {
  const apology = apologyOf(answer);
  if (apology === null || turns.test(apology)) return false;
  const [, ...clauses] = apology.split(/[:;]\s/);
  return clauses.every((clause) => denies.test(clause) || !/\p{L}/u.test(clause));
}

/**
 * Whether a text, as far as it has come, may be an abstention when it is finished; once it can't, it never can.
 * @param text without white space around it
 */
export function mayAbstain(text: string): boolean {
  const begun = text.replace(/^[^\p{L}\p{N}]{0,20}/u, '').toLowerCase();
  if (admissions.some((words) => words.startsWith(begun))) return true;
  const apology = apologyOf(text);
  return apology !== null && !hasTurned.test(apology);
}

/** What follows the words that admit it; null where there are none, or where too much follows. */
function apologyOf(text: string): string | null {
  const admitted = admits.exec(text)?.[0];
  if (admitted === undefined || text.length > admitted.length + longestApology || text.includes('\n')) return null;
  return text.slice(admitted.length);
}
