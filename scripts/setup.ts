/**
 * `npm run setup`: installs the Debian packages of the programs that tests speak to and through — proxies, curl, Python's
 * WebSocket client, Firefox — and says for each whether it is there. No service is started. Where it can't install, it names
 * what is missing and what to do; the tests that need it are then left out by name.
 */
import { bootsServices, install, isKnown, refresh, whyNot } from "./setup/apt.ts";
import { TOOLS, type Tool } from "./setup/tools.ts";

const missing = TOOLS.filter((tool) => tool.find() === null);
const obstacle = missing.length === 0 ? null : whyNot();
if (missing.length > 0 && obstacle === null) {
  if (!missing.every(({ packages }) => packages.some(isKnown))) await refresh();
  await install(missing.map(packageOf));
}

for (const tool of TOOLS) {
  const path = tool.find();
  const came = missing.includes(tool) ? "installed" : "ready";
  console.log(path === null ? `missing:   ${tool.name}` : `${`${came}:`.padEnd(10)} ${tool.name}, ${path}`);
}

if (missing.length > 0 && obstacle === null && bootsServices()) {
  console.log(
    "note:      systemd starts new services at the next boot; `systemctl disable` with their names prevents it",
  );
}

const lacking = TOOLS.filter((tool) => tool.find() === null);
if (lacking.length > 0) {
  const command = `apt-get install --no-install-recommends ${lacking.map(packageOf).join(" ")}`;
  const reason = obstacle === null ? "apt-get could not install it, see above" : obstacle;
  console.error(`${lacking.map(({ name }) => name).join(", ")}: ${reason}. On Debian or Ubuntu, as root: ${command}`);
  process.exitCode = 1;
}

/** The first of its packages that is to be had here. */
function packageOf({ packages }: Tool): string {
  return packages.find(isKnown) ?? packages[0] ?? "";
}
