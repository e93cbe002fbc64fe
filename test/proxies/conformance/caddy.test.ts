import { conformThrough } from "../support/conform.ts";
import { caddy } from "../support/programs.ts";

conformThrough(caddy);
