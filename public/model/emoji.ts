/** One sign of the palette; `name` is its shortcode, and with spaces for `_` what it is called. */
export interface Emoji {
  readonly char: string;
  readonly name: string;
}

const NAMES: Readonly<Record<string, string>> = {
  smile: "😄",
  grin: "😁",
  joy: "😂",
  wink: "😉",
  blush: "😊",
  heart_eyes: "😍",
  cool: "😎",
  thinking: "🤔",
  neutral: "😐",
  rolling_eyes: "🙄",
  sweat_smile: "😅",
  cry: "😢",
  sob: "😭",
  angry: "😠",
  scream: "😱",
  sleepy: "😴",
  mind_blown: "🤯",
  party: "🥳",
  salute: "🫡",
  shrug: "🤷",
  wave: "👋",
  thumbs_up: "👍",
  thumbs_down: "👎",
  clap: "👏",
  ok_hand: "👌",
  pray: "🙏",
  muscle: "💪",
  eyes: "👀",
  handshake: "🤝",
  point_up: "☝️",
  fingers_crossed: "🤞",
  raised_hands: "🙌",
  heart: "❤️",
  broken_heart: "💔",
  star: "⭐",
  sparkles: "✨",
  fire: "🔥",
  hundred: "💯",
  tada: "🎉",
  gift: "🎁",
  rocket: "🚀",
  bulb: "💡",
  bug: "🐛",
  wrench: "🔧",
  gear: "⚙️",
  lock: "🔒",
  package: "📦",
  chart: "📈",
  check: "✅",
  cross: "❌",
  warning: "⚠️",
  question: "❓",
  exclamation: "❗",
  zap: "⚡",
  hourglass: "⏳",
  satellite: "📡",
  coffee: "☕",
  pizza: "🍕",
  cake: "🍰",
  beers: "🍻",
  sun: "☀️",
  rainbow: "🌈",
  cat: "🐱",
  dog: "🐶",
};

export const PALETTE: readonly Emoji[] = Object.entries(NAMES).map(([name, char]) => ({ char, name }));

/** What a screen reader says. */
export function spoken({ name }: Emoji): string {
  return name.replaceAll("_", " ");
}

/** A shortcode being written right before the caret. */
export interface Shortcode {
  readonly from: number;
  readonly matches: readonly Emoji[];
}

const MOST_MATCHES = 6;

/** The shortcode that ends at `caret`, with what it may become; null when none is being written. */
export function shortcodeAt(text: string, caret: number): Shortcode | null {
  const match = /(?:^|\s):([a-z_]{2,})$/.exec(text.slice(0, caret));
  const begun = match?.[1];
  if (begun === undefined) return null;
  const starting = PALETTE.filter(({ name }) => name.startsWith(begun));
  const containing = PALETTE.filter(({ name }) => !name.startsWith(begun) && name.includes(begun));
  const matches = [...starting, ...containing].slice(0, MOST_MATCHES);
  return matches.length === 0 ? null : { from: caret - begun.length - 1, matches };
}
