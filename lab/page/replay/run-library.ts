/** Opens runs, one at a time: those that the page ships with, and files. */
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Run } from "../../engine/run.ts";
import { openRunBlob, RunFileError } from "../../engine/run-file.ts";
import { createReplay, type Playback } from "../model/playback.ts";
import { pathOf, type Shipped } from "./shipped-runs.ts";

export interface Opened {
  /** null for a run from a file, which can't be linked to. */
  readonly shipped: Shipped | null;
  readonly run: Run;
  readonly playback: Playback;
}

export interface RunLibrary {
  readonly opened: ReadonlySignal<Opened | null>;
  /** The title of what is being opened. */
  readonly opening: ReadonlySignal<string | null>;
  /** Why the last run could not be opened, and what to do. */
  readonly trouble: ReadonlySignal<string | null>;
  /** Resolves when the run is open or `trouble` is set. A later call replaces an earlier one. */
  openShipped(shipped: Shipped): Promise<void>;
  openFile(file: File): Promise<void>;
  close(): void;
}

/** `fetch`: fetches one of the page's own runs. */
export function createRunLibrary(fetch: (path: string) => Promise<Response>): RunLibrary {
  const opened = signal<Opened | null>(null);
  const opening = signal<string | null>(null);
  const trouble = signal<string | null>(null);
  let wanted = 0;

  async function open(
    title: string,
    shipped: Shipped | null,
    read: () => Promise<Run>,
    otherwise: string,
  ): Promise<void> {
    wanted += 1;
    const mine = wanted;
    batch(() => {
      opening.value = title;
      trouble.value = null;
    });
    try {
      const run = await read();
      if (mine === wanted) opened.value = { shipped, run, playback: createReplay(run) };
    } catch (error) {
      if (mine === wanted) trouble.value = error instanceof RunFileError ? error.message : otherwise;
    } finally {
      if (mine === wanted) opening.value = null;
    }
  }

  return {
    opened,
    opening,
    trouble,
    openShipped: (shipped) =>
      open(
        shipped.title,
        shipped,
        async () => {
          const answer = await fetch(pathOf(shipped));
          if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
          return openRunBlob(await answer.blob());
        },
        `The run “${shipped.title}” could not be loaded. Check that the server is running, or open a file.`,
      ),
    openFile: (file) =>
      open(
        file.name,
        null,
        () => openRunBlob(file),
        `The file ${file.name} could not be read. Check that it still exists.`,
      ),
    close() {
      wanted += 1;
      batch(() => {
        opened.value = null;
        opening.value = null;
        trouble.value = null;
      });
    },
  };
}
