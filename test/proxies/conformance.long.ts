import { clientTransports } from "../../src/transports/registry.client.ts";
import { conform } from "../conformance/run.ts";
import { proxiedArm } from "./support/arms.ts";
import { describeWith } from "./support/needs.ts";
import { programs } from "./support/programs.ts";

// The whole protocol through each recommended configuration, on every transport: each server that a requirement asks for
// stands behind a proxy of its own, and a fault-making proxy before that. npm run test:proxies.

/** Of polls: between two of them there is nobody to be told, and whoever asks next is answered by the proxy. */
const GONE = { "drain-bye": "Once the server has gone the proxy answers in its place, with 502 or 503." };
const LATE = "By `pass` Varnish hears of a reader's going when the hold ends.";
/** What a proxy changes, by its name and the transport's, each with the reason. */
const EXCEPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "varnish long-polling": { "abort-frees": LATE, linger: LATE, "linger-later": LATE },
};

for (const program of programs) {
  describeWith(program.tool.name, [program.tool], () => {
    for (const transport of clientTransports) {
      const except = EXCEPT[`${program.tool.name} ${transport.name}`];
      conform(proxiedArm(program, transport), { ...(transport.streaming ? {} : GONE), ...except });
    }
  });
}
