import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";
import manifest from "../../../package.json" with { type: "json" };

/** What the package adds for its own purposes and would make a test worthless: a browser that lets everything pass. */
const UNSAFE = [
  "--disable-web-security",
  "--single-process",
  "--no-zygote",
  "--disable-site-isolation-trials",
  "--allow-running-insecure-content",
  "--disable-setuid-sandbox",
];
/** A graphics card made of software paints each frame many times slower than what a browser without a card does. */
const SLOW = [
  "--ignore-gpu-blocklist",
  "--in-process-gpu",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];
const UNSAFE_PREFIXES = ["--disable-features", "--headless"];

/** The package's switches without those that weaken or slow the browser; `--no-sandbox` is Playwright's affair. */
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
 * Unpacks the browser once per version. The package unpacks into the temporary folder and takes what stands there for
 * whole, so two test workers would run half a browser: each unpacks aside, and the first to be ready moves it in place.
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

/** Starts a Chromium that keeps the rules of the web. `names`: host names that lead to this machine. */
export async function launchChromium(names: readonly string[] = []): Promise<Browser> {
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(",");
  const mapped = names.length === 0 ? [] : [`--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath: await executable(), args: [...safeSwitches(), "--disable-gpu", ...mapped] });
}
