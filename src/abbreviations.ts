const words = (list: string) => new Set(list.split(' '));

/** A sentence practically never ends with these. */
export const neverLast = words(
  'e.g. i.e. cf. viz. vs. v. dr. mr. mrs. ms. mx. prof. rev. hon. gen. col. capt. lt. sgt. gov. sen. rep. pres. messrs. mme. ' +
    'fig. figs. eq. eqs. approx. resp. incl. esp. pp. напр. см. ср. ул. т.е. т.к. डॉ. प्रो.',
);
/** The same, as they are written: in other letters they are English words, such as HR, CAD and mAh. */
export const neverLastAsWritten = words(
  'bzw. ggf. Ggf. evtl. Evtl. vgl. Vgl. inkl. zzgl. sog. Hr. Hrn. Dipl. sra. Sra. srta. Srta. dra. Dra. dña. Dña. ud. Ud. ' +
    'uds. Uds. Mlle. sig. Sig. dott. Dott. np. Np. tj. tzn. ul. Ul. zob. Zob. inż. bkz. Bkz. Cad. Sok. Mah. örn. Örn.',
);
/** A sentence goes on after these when a number follows. */
export const beforeNumber = words(
  'no. nos. nr. p. ch. chap. vol. vols. sec. secs. tab. ref. refs. app. ca. art. ver. par. para. pt. ed. ' +
    'jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec. ' +
    'abs. ziff. kap. bd. abb. anm. tel. rn. pág. págs. núm. ust. pkt. poz. rys. s. ст. п. стр. рис. гл. табл. д. кв.',
);
/** A sentence may end with these: the next word decides. So it is with initials and "U.S.". */
export const perhapsLast = words(
  'al. st. mt. inc. ltd. corp. co. jr. sr. bros. dept. univ. ph.d. m.d. b.a. m.a. b.sc. m.sc. ' +
    'mio. mrd. tsd. tys. mln. тыс. млн. млрд. руб. г. гг.',
);
/** After an uncertain full stop, one of these begins a new sentence. */
export const openers = words(
  'a after all although an and another as at because before both but by despite during each every few for from he her here his ' +
    'how however i if in instead it its later many meanwhile most my nevertheless no now of on once one only or our she since so ' +
    'some soon such that the their then there these they this those though through thus to today under unlike until we what when ' +
    'where while who why with you your',
);
/** The same in other languages, but not after initials: "A. Das" and "H. Na" are people. */
export const otherOpeners = words(
  'alle auch bei das der die diese dieser dieses ein eine er es für ihr im mit nach seit sie wenn wir ' +
    'w na po od dla przy в на по от для при он она они это если после также но',
);
