import { conformThrough } from "../support/conform.ts";
import { nginx } from "../support/programs.ts";

conformThrough(nginx);
