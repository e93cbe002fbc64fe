/** Texts that transports have corrupted before, by what is special about each. */
export const NASTY_TEXTS: Readonly<Record<string, string>> = {
  "emoji of four bytes": "🚀🚀",
  "emoji joined with zero-width joiners": "👩‍👩‍👧‍👦 🏳️‍🌈",
  "carriage return and line feed": "a\r\nb\rc\nd\n\n",
  "U+2028 and U+2029, which JavaScript once took for line ends": "a\u2028b\u2029c",
  NUL: "a\u0000b\u0000",
  "control characters": "\u0001\u0007\u001b[31m\u007f\u0085",
  "a byte order mark first": "\ufeffa",
  "the last code points": "\ufffe\uffff\u{10ffff}",
  "what looks like SSE": "data: x\nid: 7\nevent: bye\n\n",
  "what looks like JSON": '"}],{"type":"bye"}\\u0000\\',
  HTML: "<script>alert(1)</script>&amp;<img src=x onerror=alert(1)>",
  "white space around": "  a  \t",
  "letters from right to left, with marks": "שָׁלוֹם ‮abc‬ مرحبا",
};
