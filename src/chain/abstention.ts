import { type Opening, openings } from './abstention-words.ts';

/** How long the opening that admits it may be, and how much may follow, in UTF-16 code units. */
const longestOpening = 200;
const longestApology = 200;
const longest = longestOpening + longestApology;
/** A word after which an answer comes after all; while a text is still coming in, only one that is whole counts. */
const turns = new RegExp(
  String.raw`(?<!\p{L})(?:but|however|aber|jedoch|allerdings|sondern|mais|cependant|toutefois|pero|sin embargo|porém|contudo|` +
    'no entanto|tuttavia|però|jednak|lecz|maar|ama|fakat|ancak|nhưng|tetapi|namun|însă|azonban|но|однако|لكن|ولكن|إلا أن|אבל|אך|' +
    String.raw`लेकिन|परंतु)(?!\p{L})|[,.;]\s(?:mas|ma|men|ale|de|dar|tapi)(?!\p{L})|` +
    '但|不过|不過|然而|しかし|ただし|하지만|그러나|다만|แต่',
  'u',
);
const hasTurned = new RegExp(`(?:${turns.source})[^]`, 'u');
const denies =
  /\b(?:no|not|none|nothing|never|neither|nor|lacks?|silent|sorry|cannot|unable|nicht|nichts|keine?[nrsm]?|leider|pas|rien|aucune?)\b|n't\b/;
/**
 * What makes a sentence an answer though it begins with a denial: "The passages say nothing beyond the weight, 4 kg."
 */
const tells =
  /\b(?:although|though|while|whereas|except|beyond|besides|other than|apart from|instead|only|just|unless|until)\b/;

/** Found in every abstention, whatever its words: most answers are ruled out by this check alone. */
const deniesAtAll =
  /\bno\b|not|n['’]?t\b|unable|nicht|keine|\bpas\b|rien|aucun|não|non lo|\bnie\b|niet|inte|ikke|nev|nem |tidak|không|nu ș|bilmiy|не |لا |לא |אינ|नहीं|ไม่|不知|ません|ない|모르|모릅/i;

/**
 * Whether an answer only says that it doesn't know, or that the passages don't say, and excuses itself. It is a real
 * answer if another line says anything else, or if it goes on after "but" or "however", or after a colon or semicolon
 * with anything but a further denial ("I don't know the day; the year was 1911."). After any opening but "I don't
 * know", only further denials may follow: what the passages don't say may be the very thing asked for. A denial about a
 * document by its own name ("The contract mentions no …") is an answer.
 * @param answer without white space around it
 */
export function isAbstention(answer: string): boolean {
  return deniesAtAll.test(answer) && answer.length <= longest && linesOf(answer).every(onlyAbstains);
}

function onlyAbstains(line: string): boolean {
  return apologiesOf(line).some(({ apology, opening }) => {
    if (apology === null || turns.test(apology)) return false;
    if (opening.needs && !opening.needs.test(apology)) return false;
    if (!opening.mayTell && tells.test(apology)) return false;
    const [, ...clauses] = apology.split(opening.mayTell ? /[:;]\s/ : /[.,:;!?]\s/);
    return clauses.every((clause) => denies.test(clause) || !/\p{L}/u.test(clause));
  });
}

/**
 * Whether a text, as far as it has come in, may still turn out to be an abstention; once false, it stays false.
 * @param text without white space around it
 */
export function mayAbstain(text: string): boolean {
  if (text.length > longest) return false;
  const lines = linesOf(text);
  const last = lines.pop()!;
  const mayStill = apologiesOf(last).some(({ apology }) => apology === null || !hasTurned.test(apology));
  return mayStill && lines.every(onlyAbstains);
}

const linesOf = (text: string) => text.split(/\s*\n\s*/);

/**
 * The ways to read a line as an abstention, each with what follows its opening; null where the opening has not come
 * whole.
 */
function apologiesOf(line: string): { opening: Opening; apology: string | null }[] {
  const begun = line
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

/** What follows the slots in a text, for each way to fill them; null where the text ends before they do. */
function restsOf(text: string, [slot, ...slots]: Opening['slots']): (string | null)[] {
  if (slot === undefined) return [text];
  return slot.flatMap((words) => {
    if (text.startsWith(words)) return restsOf(text.slice(words.length), slots);
    return words.startsWith(text) ? [null] : [];
  });
}
