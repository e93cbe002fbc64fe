import { conformThrough } from "../support/conform.ts";
import { haproxy } from "../support/programs.ts";

conformThrough(haproxy);
