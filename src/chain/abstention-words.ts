/** Alternatives for what comes next; an empty one means that it may be left out. */
type Slot = readonly string[];
/**
 * How an abstention begins: slot after slot, in lower case. `mayTell`: any sentences may follow; `needs`: what must
 * follow.
 */
export type Opening = { slots: Slot[]; mayTell?: true; needs?: RegExp };

const slots = (...alternatives: string[]): Slot[] => alternatives.map((each) => each.split('|'));

/**
 * Words for the passages as such. A document has its own name, so "the document" or "the contract" is none of these.
 */
const kinds = 'documents|document|texts|text|sources|excerpts|information|materials|material';
const given = 'provided|given|retrieved|supplied|available';
const sources = [
  slots('the |these |this |', `${given.replaceAll('|', ' |')} |`, 'context|passages|passage'),
  slots('the |these |this |', `${given.replaceAll('|', ' |')} `, kinds),
  slots('the |these |this |', `context|passages|passage|${kinds}`, ' provided| given| supplied| available'),
];
const inSources = new RegExp(`\\b(?:context|passages|(?:${given}) (?:${kinds})|(?:${kinds}) (?:${given}))\\b`);

const sorry =
  "|unfortunately, |unfortunately |regrettably, |sorry, |sorry, but |i'm sorry, |i'm sorry, but |i'm sorry but |i am sorry, |i am sorry, but |i apologize, but ";
const cannot = "cannot |can't |can not |could not |couldn't |am unable to |was unable to |am not able to ";
const telling = 'information|answer|details|mention|evidence';
const which = 'relevant |specific |necessary |explicit |direct |further |';
const not = slots("does not |do not |doesn't |don't ", 'explicitly |directly |specifically |actually |');
const stated = 'stated|mentioned|given|provided|found|contained|specified|answered|determined|in';

const english: Opening[] = [
  { slots: slots('i ', "don't know|do not know|dont know"), mayTell: true },
  {
    slots: slots(
      "i |i'm ",
      `${cannot}|unable to |not able to `,
      'answer|find|determine|tell|say|provide an answer|give an answer',
    ),
  },
  ...sources.flatMap((source): Opening[] => [
    {
      slots: [
        ...source,
        [' '],
        ...not,
        ...slots('mention|say|state|specify|indicate|discuss|address|describe|explain|tell|answer|cover|clarify'),
      ],
    },
    {
      slots: [
        ...source,
        [' '],
        ...not,
        ...slots(
          'contain |provide |include |give |have |hold |offer ',
          'any |enough |sufficient |the |this |that |an |',
          which,
          telling,
        ),
      ],
    },
    { slots: [...source, ...slots(' contain | contains | provide | provides | give | gives ', 'no ', which, telling)] },
    { slots: [...source, ...slots(' say| says', ' nothing')] },
  ]),
  // What they don't say may be an answer ("The documents don't mention a deadline"), but not that they don't say it.
  {
    slots: [
      ...slots('the |these ', 'documents |sources |texts |files '),
      ...not,
      ...slots('say|state|tell|specify|mention|answer|cover'),
    ],
    needs: /^(?: so| this| that| it| (?:this|that|the|your) question)?\s*(?:[.!]|$)/,
  },
  { slots: slots("there is |there's ", 'no ', which, telling), needs: inSources },
  {
    slots: slots('the answer |this |that |it |this information ', "is not |isn't |cannot be ", 'explicitly |', stated),
    needs: inSources,
  },
];
const basedOn = slots('based on |according to |from |given ');

const imKontext = 'kontext|passagen|textstellen|textabschnitte';
const gegeben = 'bereitgestellten |bereitgestellte |gegebenen |gegebene |vorliegenden |vorliegende |';
const german: Opening[] = [
  {
    slots: slots(
      '|leider ',
      'ich weiß |ich weiss |weiß ich |weiss ich |das weiß ich ',
      'es |das |die antwort |',
      'leider |',
      'nicht',
    ),
    mayTell: true,
  },
  { slots: slots('|leider ', 'ich kann |kann ich ', 'die |diese |', 'frage ', 'leider |', 'nicht beantworten') },
  {
    slots: slots(
      'anhand |auf grundlage |auf basis |basierend auf ',
      'des |der |dem |den ',
      gegeben,
      `kontexts|kontextes|${imKontext}`,
      ' kann ich ',
      'die |diese ',
      'frage ',
      'leider |',
      'nicht beantworten',
    ),
  },
  {
    slots: slots(
      'der |die ',
      gegeben,
      imKontext,
      ' enthält | enthalten | gibt | geben | liefert | liefern ',
      'leider |',
      'keine ',
      'informationen|angaben|antwort|hinweise|auskunft',
    ),
  },
  { slots: slots('der |die ', gegeben, imKontext, ' sagt | sagen ', 'leider |', 'nichts') },
];
const french: Opening[] = [
  {
    slots: slots('|malheureusement, |désolé, |je suis désolé, |je suis désolé, mais ', 'je ne sais pas'),
    mayTell: true,
  },
  {
    slots: slots(
      '|malheureusement, |désolé, |je suis désolé, |je suis désolé, mais ',
      'je ne peux pas |je ne suis pas en mesure de ',
      'répondre',
    ),
  },
  {
    slots: slots(
      'le |les |ces ',
      'contexte |passages ',
      'fourni |fournis |donné |donnés |',
      'ne ',
      'mentionne |mentionnent |précise |précisent |dit |disent |indique |indiquent ',
      'pas|rien|aucun|aucune',
    ),
  },
  {
    slots: slots(
      'le |les |ces ',
      'contexte |passages ',
      'fourni |fournis |donné |donnés |',
      'ne ',
      'contient |contiennent |fournit |fournissent |donne |donnent ',
      "pas d'information|pas d'informations|pas de réponse|pas la réponse|aucune information|aucune réponse",
    ),
  },
];

/** "I don't know" in other languages: models translate what the prompt asks for along with the answer. */
const further: Opening[] = [
  {
    slots: slots(
      '|lo siento, |lo siento, pero |desculpe, |mi dispiace, |przykro mi, |przepraszam, |üzgünüm, |к сожалению, |извините, |抱歉，|对不起，|對不起，|' +
        '申し訳ありませんが、|申し訳ございませんが、|죄송하지만 |죄송합니다. |عذراً، |للأسف، |מצטער, |क्षमा करें, |ขออภัย ',
      'no lo sé|no sé|não sei|non lo so|nie wiem|bilmiyorum|ik weet het niet|jag vet inte|jeg ved det ikke|nevím|nem tudom|' +
        'saya tidak tahu|tôi không biết|nu știu|я не знаю|не знаю|لا أعرف|لا أعلم|אני לא יודע|אני לא יודעת|איני יודע|लेकिन मुझे नहीं पता|' +
        'मुझे नहीं पता|मुझे पता नहीं|मुझे नहीं मालूम|ไม่ทราบ|ไม่ทราบครับ|ไม่ทราบค่ะ|ฉันไม่ทราบ|ฉันไม่รู้|我不知道|我不知道答案|不知道|' +
        'わかりません|分かりません|わからない|存じません|모르겠습니다|잘 모르겠습니다|모릅니다',
    ),
    mayTell: true,
  },
];

/** How the abstentions of language models begin, besides the words that the prompt asks for. */
export const openings: Opening[] = [
  ...english.flatMap((opening) => [
    { ...opening, slots: [...slots(sorry), ...opening.slots] },
    ...sources.map((source) => ({
      ...opening,
      slots: [...slots(sorry), ...basedOn, ...source, [', ', ' '], ...opening.slots],
    })),
  ]),
  ...german,
  ...french,
  ...further,
];
