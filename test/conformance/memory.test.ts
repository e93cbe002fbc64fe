import { memoryArm } from "./arms/memory.ts";
import { conform } from "./run.ts";

conform(memoryArm());
