/** The little of caniuse-lite that is used here; the package has no types of its own. */
declare module "caniuse-lite/dist/unpacker/index.js" {
  /** A browser: how much of the world's usage each of its versions has, in percent. */
  export interface Agent {
    readonly usage_global: Readonly<Record<string, number | undefined>>;
    /** Oldest first; null where others had one. */
    readonly versions: readonly (string | null)[];
  }
  /** `y`: has it, `a`: in part, `n`: not; further letters and notes may follow. By browser, by version. */
  export interface Feature {
    readonly title: string;
    readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }
  export const agents: Readonly<Record<string, Agent | undefined>>;
  export const features: Readonly<Record<string, unknown>>;
  export function feature(packed: unknown): Feature;
}
