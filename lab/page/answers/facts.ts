import type { PageFacts } from "../../../scripts/page-facts/facts.ts";

/** Set where the page is built, in vite.config.ts. */
declare const __PAGE_FACTS__: PageFacts;

/** What was counted when the page was built. */
export const facts: PageFacts = __PAGE_FACTS__;
