import { heapHotSpots } from "../measure/heap-profile.ts";
import { hotSpots } from "../measure/profile.ts";
import type { Results } from "../results.ts";
import { RESULTS_FOLDER } from "./files.ts";

const HOT_SPOTS = 25;
const WHAT = {
  cpu: "own time of functions while measured, idle left out",
  heap: "who allocated what was alive at the end, by bytes",
};

export function profileFolder(row: string): string {
  return `${RESULTS_FOLDER}profiles/${row}`;
}

/** What makes Node write a profile into the row's folder when the server ends. */
export function profileArguments(row: string, profile: "cpu" | "heap" | null): readonly string[] {
  return profile === null ? [] : [`--${profile}-prof`, `--${profile}-prof-dir=${profileFolder(row)}`];
}

/** What each row's newest profile says: of the CPU while it was measured, of the heap when its server ended. */
export function explainProfiles({ rows, samples }: Results, profile: "cpu" | "heap"): string {
  return rows
    .filter(({ name }) => samples.some(({ row }) => row === name))
    .map(({ name, title }) => {
      const spans = samples.filter((sample) => sample.row === name).map(({ span }) => span);
      const folder = profileFolder(name);
      const spots = profile === "cpu" ? hotSpots(folder, spans, HOT_SPOTS) : heapHotSpots(folder, HOT_SPOTS);
      const lines = spots.map((spot) => `  ${(spot.share * 100).toFixed(1).padStart(5)} %  ${spot.name}`);
      return `${title}: ${WHAT[profile]}\n${lines.join("\n")}`;
    })
    .join("\n\n");
}
