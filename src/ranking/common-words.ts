/** Words that nearly every English text holds, so they tell nothing of what it is about. */
const english = `a about above after again against all also am among an and another any are as at be because became become been before
  being below between both but by came can could did do does doing done down during each either else ever every few for
  from further get gets give given had has have having he her here hers him his how however i if in into is it its itself
  just kind like made make makes many may me might mine more most much must my name named neither no nor not now of off
  often on once one only onto or other others our ours out over own per rather same shall she should since so some such
  take than that the their theirs them then there these they this those though through thus to too toward towards under
  until up upon us use used using very via was we were what whatever when where whether which while who whom whose why
  will with within without would yet you your yours`;

/**
 * The same for other languages, above all the words that questions are asked with, which stand in no answer. Words that
 * in English mean something, or are part of names, are left out ("die", "war", "dove", "con", "los").
 */
const others = {
  german: `wie wieviel viel viele welche welcher welches welchem welchen wer wem wessen wann warum weshalb wieso woher
    wohin wofür womit worauf woraus wozu oft ist sind wird werden wurde wurden habe haben hatte kann können muss müssen
    darf dürfen soll sollen sollte ich mich wir uns ihre ihren und oder nicht kein keine eine einen einem einer eines
    für bei beim zum zur dass`,
  dutch: 'hoeveel welke wanneer waarom waar moet moeten kunnen wordt worden een het zijn',
  french: `quel quelle quels quelles combien qui quoi quand pourquoi où lequel laquelle lesquels lesquelles sont était être
    avez avons peut peuvent doit doivent faut vous elles ils cette avec dans dont leur leurs une`,
  spanish: `qué quién quiénes cuál cuáles cuánto cuánta cuántos cuántas cuándo dónde cómo por qué tengo tiene tienen puedo
    puede pueden debe deben está están una`,
  portuguese:
    'qual quais quanto quantos quantas quem quando onde porque tenho posso pode podem devo deve devem estão não',
  italian: 'quale quali quanti quante perché dov’è devo deve devono può possono sono delle nella',
  polish: `jak jaki jaka jakie jakim jakiego jakiej ile ilu kto kogo kiedy gdzie skąd dlaczego czy są może mogą
    trzeba należy który która które czym się nie oraz przez`,
  turkish: 'nedir nasıl neden niçin kimdir kaç kaçtır hangi nerede vardır bir için kadar',
  russian: `как какой какая какое какие каком какого каков какова каковы сколько скольких кто кого кем что чего чем когда где
    куда откуда почему зачем который которая которое которые ли и в во на с со к по за из от до для о об у не но а или
    это есть был была было были быть можно нужно надо следует должен должна должны я мне меня мы нам вы вам он она они
    его её их же бы`,
  ukrainian: 'як який яка яке які скільки хто коли де чому і та з із у що це є чи',
  arabic: `ما ماذا من متى أين كيف كم لماذا هل أي هو هي هم في على إلى عن مع التي الذي هذا هذه ذلك كان كانت يكون تكون أن إن أو
    لا لم لن لي كل يجب`,
  persian: 'چه چیست چرا کی کیست کجا کجاست چند چقدر چگونه آیا از به در با که را این آن است برای باید',
  hebrew:
    'מה מהו מהי מי מתי איפה היכן איך כיצד כמה למה מדוע האם איזה איזו של את על אל עם הוא היא הם יש אין זה זו לי לא או כל',
  hindi: `क्या कौन कब कहाँ कैसे क्यों कितना कितनी कितने किस किसने किसका किसकी का की के को में से पर है हैं था थी थे और या यह वह हो
    होता होती होते नहीं मुझे ने चाहिए`,
  korean: `무엇 무엇입니까 누구 누구입니까 누가 언제 언제입니까 어디 어디입니까 어디서 왜 어떻게 얼마나 얼마 얼마입니까 몇 며칠 어느 어떤 무슨 합니까
    됩니까 있습니까 있나요 하나요 인가요 뭐 및 그리고 또는 수 있다 있습니다 합니다 됩니다 해야`,
  chinese: `的 了 是 在 有 和 与 或 及 也 都 就 而 但 把 被 对 从 到 于 之 其 这 那 什么 谁 哪 哪里 哪个 哪些 几 多少 多 多久 多长 怎么 怎样
    如何 为什么 为何 何时 时候 什么时候 吗 呢 吧 要 我 我们 你 你们 您 他 她 它 请问 是否 可以 能 会 应该 必须 與 對 從 於 這 個 什麼 誰
    哪裡 幾 怎麼 為什麼 何時 什麼時候 嗎 您 請問 應該 必須`,
  japanese: `の は が を に へ と で も や か ね よ な だ です ます でし まし た て し する さ れ られ い いる ある あり ない から まで より ください
    くだ さい 何 なに なん だれ 誰 いつ どこ どの どれ どう なぜ くらい ぐらい いくら いくつ どんな この その これ それ という よう こと`,
  thai: `ที่ คือ เป็น และ หรือ ของ ใน จาก กับ ให้ ได้ มี อะไร ใคร เมื่อ เมื่อไร เมื่อไหร่ ไหน อย่างไร ยังไง ทำไม กี่ เท่าไร เท่าไหร่ แค่ ต้อง จะ ไม่ นี้
    นั้น ก็ แต่ โดย ว่า`,
};

/** All of them, in lower case and as they are written. */
export const commonWords = [english, ...Object.values(others)].flatMap((list) => list.split(/\s+/));
