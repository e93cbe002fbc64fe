import { surviveAll } from "./support/survive.ts";

// The rest of bad.test.ts: npm run test:proxies.

surviveAll(({ long = false }) => long);
