import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";
import manifest from "../../../package.json" with { type: "json" };

/** Switches of the package that disable web security, and with it the worth of a test. */
const UNSAFE = [
  "--disable-web-security",
  "--single-process",
  "--no-zygote",
  "--disable-site-isolation-trials",
  "--allow-running-insecure-content",
  "--disable-setuid-sandbox",
];
/** Software GPU emulation paints each frame many times slower than a browser without a GPU. */
const SLOW = [
  "--ignore-gpu-blocklist",
  "--in-process-gpu",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];
const UNSAFE_PREFIXES = ["--disable-features", "--headless"];

/** Returns the package's switches without those that weaken or slow the browser. Playwright decides on `--no-sandbox`. */
export function safeSwitches(all: readonly string[] = sparticuz.args): readonly string[] {
  return all.filter(
    (argument) =>
      argument !== "--no-sandbox" &&
      !UNSAFE.includes(argument) &&
      !SLOW.includes(argument) &&
      !UNSAFE_PREFIXES.some((prefix) => argument.startsWith(prefix)),
  );
}

/**
 * Unpacks the browser once per version. The package takes any folder it finds for complete, so two test workers could
 * run half a browser. Each worker unpacks into its own folder, and the first to finish moves it into place.
 */
async function executable(): Promise<string> {
  const home = join(tmpdir(), `skyrocket-chromium-${manifest.devDependencies["@sparticuz/chromium"]}`);
  const binary = join(home, "chromium");
  if (existsSync(binary)) return binary;
  const aside = mkdtempSync(join(tmpdir(), "skyrocket-unpack-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = aside;
  try {
    await sparticuz.executablePath();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  try {
    renameSync(aside, home);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(binary)) throw error;
  }
  return binary;
}

/** Starts a Chromium with web security. `names`: host names that resolve to this machine. */
export async function launchChromium(names: readonly string[] = []): Promise<Browser> {
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(",");
  const mapped = names.length === 0 ? [] : [`--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath: await executable(), args: [...safeSwitches(), "--disable-gpu", ...mapped] });
}
