import { ProtocolError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";

const ZWNJ = "\\u200C";
const ZWJ = "\\u200D";
const TEXT_STYLE = "\\uFE0E";
const EMOJI_STYLE = "\\uFE0F";

/** Arabic letters that join on both sides (Joining_Type D), and those that join only to the letter before (R). */
const ARABIC_DUAL =
  "\\u0620\\u0626\\u0628\\u062A-\\u062E\\u0633-\\u063F\\u0641-\\u0647\\u0649\\u064A\\u066E\\u066F\\u0678-\\u0687\\u069A-\\u06BF\\u06C1\\u06C2\\u06CC\\u06CE\\u06D0\\u06D1\\u06FA-\\u06FC\\u06FF\\u0750-\\u0758\\u075C-\\u076A\\u076D-\\u0770\\u0772\\u0775-\\u0777\\u077A-\\u077F\\u08A0-\\u08A9";
const ARABIC_RIGHT =
  "\\u0622-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0673\\u0675-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF\\u0759-\\u075B\\u076B\\u076C\\u0771\\u0773\\u0774\\u0778\\u0779";
/** Scripts whose letters all join on both sides: N'Ko, Mongolian, Adlam. */
const OTHER_DUAL = "\\u07CA-\\u07EA\\u1820-\\u1842\\u{1E900}-\\u{1E943}";
/** Signs that remove a consonant's vowel (Indic scripts). A joiner after one selects the consonant's form. */
const VIRAMA =
  "\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u1039\\u17D2\\u1A60\\u1B44\\uA8C4\\uA9C0\\u{11046}\\u{110B9}\\u{11133}\\u{111C0}";

/** Where a joiner changes how letters look (RFC 5892, appendix A; UAX #31, section 2.3). Elsewhere it is invisible. */
const JOINED_LETTERS = new RegExp(
  [
    `(?<=[${ARABIC_DUAL}]\\p{Mn}*)${ZWNJ}(?=\\p{Mn}*[${ARABIC_DUAL}${ARABIC_RIGHT}])`,
    `(?<=[${OTHER_DUAL}]\\p{Mn}*)${ZWNJ}(?=\\p{Mn}*[${OTHER_DUAL}])`,
    `(?<=\\p{L}\\p{M}*[${VIRAMA}])${ZWNJ}(?=\\p{L})`,
    `(?<=\\p{L}\\p{M}*[${VIRAMA}])${ZWJ}(?![${ZWNJ}${ZWJ}\\p{M}])`,
  ].join("|"),
  "gu",
);
/** Sequences that are shown as one emoji, as Unicode recommends for interchange (UTS #51). */
const JOINED_EMOJI = /\p{RGI_Emoji_ZWJ_Sequence}/gv;
const JOINER = new RegExp(`[${ZWNJ}${ZWJ}]`, "u");

/** An emoji that is shown as text by default. */
const TEXT_EMOJI = "(?![0-9#*])(?!\\p{Emoji_Presentation})\\p{Emoji}";
/** A style selector after something that is not an emoji. */
const STRAY_STYLE = new RegExp(`(?<!\\p{Emoji})[${TEXT_STYLE}${EMOJI_STYLE}]`, "u");
/** A style selector without effect: it selects the default, or follows a digit that is not part of a keycap. */
const REDUNDANT_STYLE = new RegExp(
  `${TEXT_STYLE}|${EMOJI_STYLE}(?=\\p{Emoji_Modifier})|(?<=\\p{Emoji_Presentation})${EMOJI_STYLE}|(?<=[0-9#*])${EMOJI_STYLE}(?!\\u20E3)`,
  "gu",
);
/** Where the selector is optional: an emoji in a sequence, and a keycap, are shown in emoji style without it too. */
const OPTIONAL_STYLE = new RegExp(
  `((?:(?<=${ZWJ})${TEXT_EMOJI}|${TEXT_EMOJI}(?=${EMOJI_STYLE}?${ZWJ})|[0-9#*](?=${EMOJI_STYLE}?\\u20E3)))${EMOJI_STYLE}?(?!\\p{Emoji_Modifier})`,
  "gu",
);

/**
 * Normalises a member's name: NFC, single plain spaces, one encoding of each emoji. No two names differ only in invisible
 * characters. Throws `unprocessable` if the result is too long, or if a joiner or variation selector has no effect.
 */
export function plainName(name: string): string {
  if (STRAY_STYLE.test(name)) throw invisible();
  const plain = name
    .normalize("NFC")
    .replace(REDUNDANT_STYLE, "")
    .replace(OPTIONAL_STYLE, "$1\uFE0F")
    .normalize("NFC")
    .replace(/\p{Zs}+/gu, " ")
    .trim();
  if (JOINER.test(plain.replace(JOINED_EMOJI, "").replace(JOINED_LETTERS, ""))) throw invisible();
  if ([...plain].length <= LIMITS.nameCodePoints) return plain;
  throw new ProtocolError("unprocessable", {
    message: `The name is over ${LIMITS.nameCodePoints} code points in normal form C. Choose a shorter one.`,
  });
}

function invisible(): ProtocolError {
  return new ProtocolError("unprocessable", {
    message: "The name has a joiner or a variation selector without visible effect. Remove it.",
  });
}
