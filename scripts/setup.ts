/**
 * `npm run setup`: installs the Debian packages of the programs that tests need: proxies, curl, Python's WebSocket client,
 * Firefox, Redis. Starts no service. Prints the state of each program; if it can't install one, it prints the command that would,
 * and the tests that need the program are skipped by name.
 */
import { install, isKnown, reasonAgainst, refresh, startsServicesAtBoot } from "./setup/apt.ts";
import { TOOLS, type Tool } from "./setup/tools.ts";

const missing = TOOLS.filter((tool) => tool.find() === null);
const reasonNotToInstall = missing.length === 0 ? null : reasonAgainst();
if (missing.length > 0 && reasonNotToInstall === null) {
  if (!missing.every(({ packages }) => packages.some(isKnown))) await refresh();
  await install(missing.map(packageOf));
}

for (const tool of TOOLS) {
  const path = tool.find();
  const state = missing.includes(tool) ? "installed" : "ready";
  console.log(path === null ? `missing:   ${tool.name}` : `${`${state}:`.padEnd(10)} ${tool.name}, ${path}`);
}

if (missing.length > 0 && reasonNotToInstall === null && startsServicesAtBoot()) {
  console.log(
    "note:      systemd starts new services at the next boot; `systemctl disable` with their names prevents it",
  );
}

const lacking = TOOLS.filter((tool) => tool.find() === null);
if (lacking.length > 0) {
  const command = `apt-get install --no-install-recommends ${lacking.map(packageOf).join(" ")}`;
  const reason = reasonNotToInstall === null ? "apt-get could not install it, see above" : reasonNotToInstall;
  console.error(`${lacking.map(({ name }) => name).join(", ")}: ${reason}. On Debian or Ubuntu, as root: ${command}`);
  process.exitCode = 1;
}

/** Returns the first of its packages that is available here. */
function packageOf({ packages }: Tool): string {
  return packages.find(isKnown) ?? packages[0] ?? "";
}
