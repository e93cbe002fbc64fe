import { memoryHarness } from "./harnesses/memory.ts";
import { conform } from "./run.ts";

conform(memoryHarness());
