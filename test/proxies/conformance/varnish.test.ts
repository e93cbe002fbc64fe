import { conformThrough } from "../support/conform.ts";
import { varnish } from "../support/programs.ts";

const LATE = "By `pass` Varnish hears of a reader's going when the hold ends.";

conformThrough(varnish, { "long-polling": { "abort-frees": LATE, linger: LATE, "linger-later": LATE } });
