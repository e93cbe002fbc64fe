import { readFileSync } from "node:fs";
import type { Tool } from "../../../scripts/setup/tools.ts";

/** Where one proxy of a test is to run, and before what. */
export interface Place {
  /** A folder of its own for all it writes. */
  readonly folder: string;
  readonly port: number;
  /** The server's port on loopback. */
  readonly upstream: number;
}

/** How a process is started. */
export interface Launch {
  /** What has to be written into the folder before, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One of the proxies that docs/deploy has a configuration for. */
export interface Program {
  readonly tool: Tool;
  /** What ends it at once; what its users send it waits for its clients. */
  readonly endSignal: "SIGTERM" | "SIGQUIT";
  /** By what its readers reach it. */
  readonly scheme: "http" | "https";
  /** Its configuration as recommended, word for word. */
  readonly recommended: string;
  /** Further words on its command line. */
  readonly words?: readonly string[] | undefined;
  /** How it is started with a configuration: the recommended one, or one altered from it. */
  launch(configuration: string, place: Place): Launch;
}

/** A file of docs/deploy. */
export function deployed(name: string): string {
  return readFileSync(new URL(`../../../docs/deploy/${name}`, import.meta.url), "utf8");
}
