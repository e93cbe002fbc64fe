import { hotSpots } from "../measure/profile.ts";
import type { Results } from "../results.ts";
import { RESULTS_FOLDER } from "./files.ts";

const HOT_SPOTS = 25;

export function profileFolder(row: string): string {
  return `${RESULTS_FOLDER}profiles/${row}`;
}

/** What makes Node write a profile into the row's folder when the server ends. */
export function profileArguments(row: string, profile: "cpu" | "heap" | null): readonly string[] {
  return profile === null ? [] : [`--${profile}-prof`, `--${profile}-prof-dir=${profileFolder(row)}`];
}

/** Where the time of each row's newest CPU profile went while it was measured. */
export function explainedHotSpots({ rows, samples }: Results): string {
  return rows
    .map(({ name, title }) => {
      const spans = samples.filter((sample) => sample.row === name).map(({ span }) => span);
      const lines = hotSpots(profileFolder(name), spans, HOT_SPOTS).map(
        ({ name: spot, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${spot}`,
      );
      return `${title}: own time of functions while measured, idle left out\n${lines.join("\n")}`;
    })
    .join("\n\n");
}
