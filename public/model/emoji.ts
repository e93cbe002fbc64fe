/** The emoji palette, and the completion of `:shortcodes:` in the composer. */

/** `name` is the shortcode, and with spaces for `_` the spoken name. */
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

/** Returns the name for a screen reader. */
export function spoken({ name }: Emoji): string {
  return name.replaceAll("_", " ");
}

/** A shortcode that is being typed right before the caret. */
export interface Shortcode {
  readonly from: number;
  readonly matches: readonly Emoji[];
}

const MOST_MATCHES = 6;

/** Returns the shortcode that ends at `caret` with the emoji that match, or null if there is none. */
export function shortcodeAt(text: string, caret: number): Shortcode | null {
  const match = /(?:^|\s):([a-z_]{2,})$/.exec(text.slice(0, caret));
  const typed = match?.[1];
  if (typed === undefined) return null;
  const starting = PALETTE.filter(({ name }) => name.startsWith(typed));
  const containing = PALETTE.filter(({ name }) => !name.startsWith(typed) && name.includes(typed));
  const matches = [...starting, ...containing].slice(0, MOST_MATCHES);
  return matches.length === 0 ? null : { from: caret - typed.length - 1, matches };
}
