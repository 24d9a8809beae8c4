import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAbstention, mayAbstain } from '../../src/chain/abstention.ts';
import { defaultAbstention } from '../../src/chain/state.ts';

const denials = [
  ...['no word of it', 'not there', 'none of them tells', 'nothing is said', 'they never say', 'neither tells'],
  ...['nor do others', 'the text lacks it', 'they are silent', 'sorry', 'I cannot say', 'I am unable to say'],
  ...['das steht nicht da', 'nichts dazu', 'keine Angabe', 'kein Wort', 'keiner sagt es', 'leider', "it isn't there"],
  ...['pas dans le texte', 'rien à ce sujet', 'aucun mot', 'aucune réponse'],
];
/** What makes an answer of a denial. */
const limits = [
  ...['although', 'though', 'while', 'whereas', 'except', 'beyond', 'besides', 'other than', 'apart from'],
  ...['instead', 'only', 'just', 'unless', 'until'],
];

test('an answer that only says that it does not know, and why, is an abstention', () => {
  for (const answer of [
    "I don't know.",
    '“I don’t know”',
    '**I do not know.**',
    'i dont know',
    defaultAbstention,
    'I don’t know. The passages are silent.',
    "I don't know, based on the passages.",
    "I don't know who built it; the passages don't say so.",
    "I don't know: none of the passages names him :(",
    "I don't know what happened at 12:30.",
    "I don't know the name of the butler.",
    "I don't know, since the passages only describe the mill.",
    "I don't know: no rebuttal is given.",
    "I don't know: ?!",
    ...denials.map((denial) => `I don't know: ${denial}.`),
  ])
    assert.ok(isAbstention(answer), answer);
});

test('so is one that says, as language models do, that the passages do not tell', () => {
  for (const answer of [
    "Unfortunately, I don't know.",
    "I'm sorry, but I do not know the answer.",
    'The context does not mention a notice period.',
    'The passages do not say who built it.',
    'The provided context doesn’t contain any information about the butler.',
    'The documents provided do not specify the price.',
    'Unfortunately, the given passages contain no information on that.',
    'The passages do not explicitly state this, so I cannot answer the question.',
    'The context does not provide enough information to answer this question. The passages are silent on it.',
    'Based on the context, I cannot answer that.',
    'Based on the provided passages, I don’t know.',
    'According to the context, the answer is not given in the passages.',
    'I cannot find any information about that in the passages.',
    'I am unable to answer this question.',
    'There is no information about the butler in the context.',
    'The answer is not mentioned in the provided documents.',
    'It is not stated in the passages.',
    'It is not explicitly stated in the passages.',
    'The provided documents do not mention it.',
    'These retrieved texts do not say.',
    'The documents do not say.',
    "Unfortunately, the documents don't say so.",
    'The sources do not answer your question',
    'The context says nothing on that.',
    'Based on the context I cannot answer that.',
    'Unfortunately, based on the context, I cannot answer that.',
    "I don't know.\n\nThe passages do not mention the battery.",
    "I don't know. \n- The context does not say who built it.",
    'I’m unable to answer this question based on the provided passages.',
    "I'm not able to find that in the passages.",
    "Unfortunately, the passages don't contain this information.",
    'Ich weiß es nicht.',
    'Leider weiß ich das nicht.',
    'Ich kann die Frage leider nicht beantworten.',
    'Die Passagen enthalten keine Angaben dazu.',
    'Der bereitgestellte Kontext enthält leider keine Informationen über den Butler.',
    'Anhand des Kontexts kann ich diese Frage nicht beantworten.',
    'Die Textstellen sagen nichts darüber.',
    'Je ne sais pas.',
    'Malheureusement, je ne sais pas qui l’a construit.',
    'Le contexte ne mentionne pas le majordome.',
    'Les passages fournis ne contiennent pas d’informations à ce sujet.',
    'Je ne peux pas répondre à cette question.',
    'Ich weiß es leider nicht.',
    'Ich weiß nicht, wer sie gebaut hat, und wann.',
    'Leider kann ich die Frage nicht beantworten.',
    'Anhand des Kontexts kann ich diese Frage leider nicht beantworten.',
    'Der Kontext sagt leider nichts darüber.',
    'Je ne sais pas quand, ni par qui, il fut construit.',
    'Les passages ne disent rien à ce sujet.',
    'Le contexte ne contient aucune réponse.',
  ])
    assert.ok(isAbstention(answer), answer);
});

test('a denial is an answer if it is about a named document or anything but the passages, or if more follows it', () => {
  for (const answer of [
    'The contract does not mention a notice period.',
    'The document does not mention a notice period.',
    'The documents do not mention a notice period.',
    'The text of the law does not say so.',
    'The documents do not say so, the law does.',
    'The documents do not answer to the law.',
    'The policy provided by the insurer does not cover floods.',
    'No.',
    'No, the context does not mention a notice period.',
    'There is no notice period.',
    'There is no information desk in the hall.',
    'The context does not contain a system prompt.',
    'The context does not need to be long.',
    'The passages do not have doors.',
    'The information provided does not include data protection.',
    'The context does not',
    'The context does not say: it was 1911.',
    'The context does not say! It was 1911.',
    'Does the context tell? The context does not say? It was 1911.',
    'Based on the passages, it is not found in Europe.',
    ...limits.map((limit) => `The passages do not mention the battery ${limit} the case.`),
    'The context does not mention the battery, which lasts 8 hours.',
    'The context does not mention the battery, only its weight of 4 kg.',
    'The passages do not mention the battery. The Falcon weighs 4 kg.',
    'The passages do not say anything beyond its weight of 4 kg.',
    'The context does not mention the year; it was 1911.',
    'The context does not mention the day, but the year was 1911.',
    'The context does not mention the day.\nThe year was 1911.',
    'The context does not saying so.',
    'It is not found in Europe.',
    'It is not mentioned in the contract.',
    'The answer is not 42.',
    'I cannot answer for others, says the clerk.',
    'I cannot recommend it.',
    'Based on the context, the battery lasts 8 hours.',
    'According to the passages, nobody was hurt.',
    'Der Vertrag enthält keine Angaben dazu.',
    'Der Kontext enthält keine Fehler.',
    'Ich weiß es nicht genau, aber das Jahr war 1911.',
    'Le contrat ne mentionne pas de préavis.',
    'Je ne sais pas le jour, mais c’était en 1911.',
  ])
    assert.ok(!isAbstention(answer), answer);
});

test('a streamed answer is held back only while its words may still become an abstention', () => {
  for (const answer of [
    'The context is',
    'The passages describe',
    'Based on the passages, the bat',
    'It is 4',
    'I live',
    'It was 1911.\nI don',
    "I don't know.\n".repeat(40).trim(),
  ])
    assert.ok(!mayAbstain(answer), answer);
  for (const begun of ['The con', 'The passages do not', 'Based on the provided passages', 'Leider', 'Les passages ne'])
    assert.ok(mayAbstain(begun), begun);
});

test('an answer that says what it knows is no abstention, whatever it admits first', () => {
  for (const answer of [
    "I don't know the exact date, but the dam broke in 1911.",
    'I do not know the day. However, the passages say that it was in 1911.',
    "I don't know the day; the year was 1911.",
    "I don't know the day: passage 2 only says 1911.",
    "I don't know the day.\nThe year was 1911.",
    "I don't know.\n\nThe passages do not mention the day.\nThe year was 1911.",
    `I don't know ${'very '.repeat(50)}well.`,
    "I don't knowingly quote it.",
    "I don't know.\n".repeat(40).trim(),
    'It is said: I don’t know.',
    '1911',
    '',
  ])
    assert.ok(!isAbstention(answer), answer);
});

test('an answer that begins in another script or with a digit is not held back', () => {
  assert.ok(!mayAbstain('П') && !mayAbstain('大') && !mayAbstain('1'));
});

test('mayAbstain holds for every beginning of an abstention, and once false it stays false', () => {
  const part = fc.constantFrom(
    ...['I', ' ', 'don’t', "don't", 'do not', 'know', 'but', 'ter', ',', ': ', '\n', 'no', '“', 'é', '. '],
    ...['the ', 'passages', ' does not ', 'say', ' provided', 'unfortunately, ', 'based on ', 'cannot ', 'find', 'in '],
    ...['Leider ', 'weiß ich ', 'nicht', 'Le ', 'contexte ', 'ne ', 'dit ', 'pas', 'context', 'only ', 'it is not '],
  );
  const begin = fc.constantFrom('', "I don't know", 'The context does not say', 'It is not', 'Ich weiß es nicht');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), begin, (parts, begun) => {
      const whole = begun + parts.join('');
      let mayStill = true;
      for (let end = 1; end <= whole.length; end += 1) {
        const text = whole.slice(0, end).trim();
        const may = mayAbstain(text);
        assert.ok(mayStill || !may, text);
        assert.ok(may || !isAbstention(text), text);
        mayStill = may;
      }
    }),
    { seed: 1911, numRuns: 5000 },
  );
});

test('a model may say in any of many languages that it does not know, and what it says besides may be an answer', () => {
  for (const answer of [
    'No lo sé.',
    'Lo siento, no sé.',
    'Não sei.',
    'Non lo so.',
    'Nie wiem.',
    'Bilmiyorum.',
    'Ik weet het niet.',
    'Я не знаю.',
    'К сожалению, я не знаю.',
    'لا أعرف.',
    'אני לא יודע.',
    'मुझे नहीं पता।',
    'ไม่ทราบ',
    '我不知道。',
    '抱歉，我不知道。',
    'わかりません。',
    '모르겠습니다.',
    'No lo sé, ni quién lo sabe.',
    'Non lo so, manca nel testo.',
    'Jag vet inte.',
    'Jeg ved det ikke.',
    'Nevím.',
    'Nem tudom.',
    'Saya tidak tahu.',
    'Tôi không biết.',
    'Nu știu.',
    'איני יודע.',
    'わからない。',
    '모릅니다.',
  ]) {
    assert.ok(isAbstention(answer), answer);
    for (let end = 0; end <= answer.length; end += 1) assert.ok(mayAbstain(answer.slice(0, end).trim()), answer);
  }
  for (const answer of [
    'No lo sé con certeza, pero el plazo es de 14 días.',
    'Не знаю, но срок составляет три месяца.',
    '不知道火警号码的员工应拨打119。',
    '我不知道，但通知期应为三个月。',
    'No, el plazo es de dos semanas.',
    'No sé quién. Sin embargo, el plazo es de 14 días.',
    'Não sei ao certo, mas são três meses.',
    'Non lo so, però sono tre mesi.',
    'Non lo so di preciso, ma sono tre mesi.',
    'Nie wiem, ale to trzy miesiące.',
    'Bilmiyorum, fakat süre üç ay.',
    'Jag vet inte, men det är tre månader.',
    'Jeg ved det ikke, men det er tre måneder.',
    'Nevím, ale jsou to tři měsíce.',
    'Nem tudom, de három hónap.',
    'Saya tidak tahu, tetapi tiga bulan.',
    'Saya tidak tahu, tapi tiga bulan.',
    'Não sei. Mas são três meses.',
    'Non lo so; ma sono tre mesi.',
    'मुझे नहीं पता, लेकिन तीन महीने हैं।',
    'Tôi không biết, nhưng là ba tháng.',
    'Nu știu, dar sunt trei luni.',
    'لا أعرف، إلا أن المدة ثلاثة أشهر.',
    'मुझे नहीं पता, परंतु तीन महीने हैं।',
    '我不知道，然而通知期为三个月。',
    '모르겠습니다. 다만 기간은 3개월입니다.',
  ])
    assert.equal(isAbstention(answer), false, answer);
});
