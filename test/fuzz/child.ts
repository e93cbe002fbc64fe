/** The process in which inputs are thrown: what it does not survive, the one that started it sees. */
import type { Assignment, Telling } from "./messages.ts";
import { targetNamed } from "./registry.ts";

const TELL_EVERY_MS = 500;

const tell = (telling: Telling): void => {
  process.send?.(telling);
};
const strays: unknown[] = [];
process.on("unhandledRejection", (error) => strays.push(error));
process.on("uncaughtException", (error) => strays.push(error));
// Whoever started it has ended.
process.on("disconnect", () => process.exit(1));

const { targets, inputs, seed, path }: Assignment = JSON.parse(process.argv[2] ?? "{}");
for (const name of targets) {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tried = (count: number): void => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    tell({ type: "tried", target: name, count });
  };
  const plan = { inputs, seed, tried, strays: () => strays.splice(0), ...(path === null ? {} : { path }) };
  const report = await targetNamed(name).run(plan);
  tell({ type: "report", report });
}
process.exit(0);
