import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TOOLS } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { Folder } from "../support/folder.ts";

const SETUP = fileURLToPath(new URL("../../scripts/setup.ts", import.meta.url));

function setup(path: string | undefined) {
  const env = { ...process.env, ...(path === undefined ? {} : { PATH: path }) };
  return spawnSync(process.execPath, [SETUP], { encoding: "utf8", env });
}

test("npm run setup names what is missing if it can't install it, and the command that would", () => {
  using folder = new Folder();
  const { status, stdout, stderr } = setup(folder.path);
  expect(stdout).toMatch(/^missing: +curl$/m);
  expect(stderr).toMatch(/curl.*: this machine has no apt-get\. On Debian or Ubuntu, as root: apt-get install .*curl/);
  expect(status).toBe(1);
});

describeWith("npm run setup with every program installed", TOOLS, () => {
  test("npm run setup reports that every program is ready and changes nothing", () => {
    const { status, stdout, stderr } = setup(undefined);
    expect(stdout.trim().split("\n")).toEqual(TOOLS.map(({ name }) => expect.stringMatching(`^ready: +${name}, /`)));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
