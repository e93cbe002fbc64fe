import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Run } from "../../engine/run.ts";
import { openRunBlob, RunFileError } from "../../engine/run-file.ts";
import { createReplay } from "../model/replay.ts";
import type { Show } from "../model/show.ts";
import { pathOf, type Shipped } from "./shipped.ts";

/** A run that is open. */
export interface Opened {
  /** null: it came from a file of the visitor's, and no address leads to it. */
  readonly shipped: Shipped | null;
  readonly run: Run;
  readonly show: Show;
}

/** Opens runs, one at a time. */
export interface Library {
  readonly opened: ReadonlySignal<Opened | null>;
  /** What is being opened. */
  readonly opening: ReadonlySignal<string | null>;
  /** Why the last one could not be opened, and what to do. */
  readonly trouble: ReadonlySignal<string | null>;
  /** Resolves when it is open, or `trouble` says why not. Who asks again is given the newer one. */
  openShipped(shipped: Shipped): Promise<void>;
  openFile(file: File): Promise<void>;
  close(): void;
}

/** `fetch`: where the page's own runs come from. */
export function createLibrary(fetch: (path: string) => Promise<Response>): Library {
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
      if (mine === wanted) opened.value = { shipped, run, show: createReplay(run) };
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
        `The run “${shipped.title}” could not be loaded. Check that the server runs, or open a file.`,
      ),
    openFile: (file) =>
      open(
        file.name,
        null,
        () => openRunBlob(file),
        `The file ${file.name} could not be read. Check that it is still where it was.`,
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
