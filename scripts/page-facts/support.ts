import { agents, type Feature, feature, features } from "caniuse-lite/dist/unpacker/index.js";

/** Who has a feature of the web. */
export interface Support {
  readonly title: string;
  /** Of the world's page views, by browsers that have all of it. */
  readonly percent: number;
  /** The first version that had it, by browser. */
  readonly since: readonly { readonly browser: string; readonly version: string }[];
}

const BROWSERS = [
  ["chrome", "Chrome"],
  ["edge", "Edge"],
  ["firefox", "Firefox"],
  ["safari", "Safari"],
] as const;

/** What caniuse-lite knows of a feature. Throws where it knows none of that name. */
export function supportOf(name: string): Support {
  const packed = features[name];
  if (packed === undefined) throw new Error(`caniuse-lite has no feature "${name}". Its names are in data/features.`);
  const found = feature(packed);
  return { title: found.title, percent: percentOf(found), since: sinceOf(found) };
}

function percentOf({ stats }: Feature): number {
  let percent = 0;
  for (const [browser, versions] of Object.entries(stats)) {
    for (const [version, has] of Object.entries(versions)) {
      if (has.startsWith("y")) percent += agents[browser]?.usage_global[version] ?? 0;
    }
  }
  return Number(percent.toFixed(1));
}

function sinceOf({ stats }: Feature): Support["since"] {
  return BROWSERS.flatMap(([name, browser]) => {
    const version = agents[name]?.versions.find((one) => one !== null && stats[name]?.[one]?.startsWith("y"));
    return version == null ? [] : [{ browser, version }];
  });
}
