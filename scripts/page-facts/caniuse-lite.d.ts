/** The parts of caniuse-lite that are used here. The package has no types. */
declare module "caniuse-lite/dist/unpacker/index.js" {
  /** A browser, with the share of worldwide usage of each version, in percent. */
  export interface Agent {
    readonly usage_global: Readonly<Record<string, number | undefined>>;
    /** Oldest first; null where only other browsers had a version. */
    readonly versions: readonly (string | null)[];
  }
  /** By browser and version: `y` for yes, `a` for partial, `n` for no; more letters and notes may follow. */
  export interface Feature {
    readonly title: string;
    readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }
  export const agents: Readonly<Record<string, Agent | undefined>>;
  export const features: Readonly<Record<string, unknown>>;
  export function feature(packed: unknown): Feature;
}
