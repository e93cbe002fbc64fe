import { execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** Reads the instructions of a Dockerfile, continued lines as one. */
export function instructions(text: string): Instruction[] {
  return text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, word = "", rest = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
      if (word === "") throw new Error(`no instruction of a Dockerfile: ${line}`);
      return { word, rest };
    });
}

/** What a build leaves: the last stage's file system in a folder, and how it is started. */
export interface Image {
  /** Where `/` of the image is. */
  readonly root: string;
  /** Where its WORKDIR is. */
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

/**
 * Builds an image by its Dockerfile, in empty folders instead of containers: what a stage did not copy is not there, and
 * what .dockerignore keeps back neither. Its commands really run, on this machine; only packages are linked instead of
 * installed.
 */
export function buildImage(dockerfile: string, into: string): Image {
  const isIgnored = ignoredBy(readFileSync(join(ROOT, `${dockerfile}.dockerignore`), "utf8"));
  const stages = new Map<string, string>();
  let stage = { root: "", workdir: "" };
  const environment: Record<string, string> = {};
  const lists = { ENTRYPOINT: [] as string[], HEALTHCHECK: [] as string[] };
  const at = (path: string): string => (path.startsWith("/") ? join(stage.root, path) : resolve(stage.workdir, path));

  for (const { word, rest } of instructions(readFileSync(join(ROOT, dockerfile), "utf8"))) {
    switch (word) {
      case "FROM": {
        const name = / AS ([a-z]+)$/.exec(rest)?.[1] ?? "last";
        stage = { root: join(into, name), workdir: join(into, name) };
        stages.set(name, stage.root);
        mkdirSync(stage.root);
        break;
      }
      case "WORKDIR":
        stage = { ...stage, workdir: join(stage.root, rest) };
        mkdirSync(stage.workdir, { recursive: true });
        break;
      case "COPY": {
        const words = rest.split(" ");
        const from = /^--from=(.*)$/.exec(words[0] ?? "")?.[1];
        const to = words.at(-1) ?? "";
        for (const source of words.slice(from === undefined ? 0 : 1, -1)) {
          if (from !== undefined) copy(join(stages.get(from) ?? "", source), at(to), to.endsWith("/"));
          else copy(join(ROOT, source), at(to), to.endsWith("/"), (path) => !isIgnored(relative(ROOT, path)));
        }
        break;
      }
      case "RUN":
        runStep(rest, stage.workdir, at);
        break;
      case "ENV":
        for (const [, name = "", value = ""] of rest.matchAll(/(\S+?)=(\S+)/g)) environment[name] = value;
        break;
      case "ENTRYPOINT":
      case "HEALTHCHECK":
        lists[word] = JSON.parse(rest.slice(rest.indexOf("[")));
        break;
      case "ARG":
      case "USER":
      case "VOLUME":
      case "EXPOSE":
      case "STOPSIGNAL":
        break;
      default:
        throw new Error(`what ${word} does is not known here`);
    }
  }
  return { ...stage, environment, entrypoint: lists.ENTRYPOINT, healthcheck: lists.HEALTHCHECK };
}

/** The steps there are: packages are linked, folders made, scripts of the package run. */
function runStep(command: string, workdir: string, at: (path: string) => string): void {
  const [program, ...args] = command.split(" ");
  if (program === "npm" && args[0] === "ci") {
    symlinkSync(join(ROOT, "node_modules"), join(workdir, "node_modules"));
  } else if (program === "npm" && args[0] === "run") {
    execFileSync("npm", args, { cwd: workdir, stdio: ["ignore", "ignore", "pipe"] });
  } else if (program === "install" && args[0] === "-d") {
    mkdirSync(at(args.at(-1) ?? ""), { recursive: true });
  } else {
    throw new Error(`what \`RUN ${command}\` does is not known here`);
  }
}

/** COPY: a folder's content goes into the target, a file becomes it, or goes into it where that ends with a slash. */
function copy(from: string, to: string, intoFolder: boolean, filter: (path: string) => boolean = () => true): void {
  if (lstatSync(from).isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  if (!filter(from) && !statSync(from).isDirectory()) throw new Error(`${from} is not let through to the build`);
  const target = intoFolder && !statSync(from).isDirectory() ? join(to, basename(from)) : to;
  cpSync(from, target, { recursive: true, filter: (path) => statSync(path).isDirectory() || filter(path) });
}

/** Whether a path is kept from the build; the last pattern that fits decides. Of patterns, those in use are known. */
function ignoredBy(text: string): (path: string) => boolean {
  const patterns = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return (path) => {
    let ignored = false;
    for (const pattern of patterns) {
      const wanted = pattern.replace(/^!/, "");
      if (wanted === "*" || path === wanted || path.startsWith(`${wanted}/`)) ignored = !pattern.startsWith("!");
    }
    return ignored;
  };
}
