/** The list of runs that can be replayed, or the run that is open. Needs no lanes, and for a file no network. */
import "./replay.css";
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { hrefOf, serverOf } from "../address.ts";
import { OpenRun, Player } from "./player.tsx";
import { replayPlaceOf } from "./replay-address.ts";
import { createRunLibrary, type RunLibrary } from "./run-library.ts";
import { outcomeOf, sizeOf } from "./run-text.ts";
import { SHIPPED, shippedOf } from "./shipped-runs.ts";

export function ReplayScreen() {
  const library = useMemo(() => createRunLibrary((path) => fetch(new URL(path, serverOf(location.href)))), []);
  useEffect(() => {
    const shipped = shippedOf(replayPlaceOf(new URLSearchParams(location.search)).run);
    if (shipped !== undefined) void library.openShipped(shipped);
    return () => library.close();
  }, [library]);
  const dropping = useDrop((file) => void library.openFile(file));
  const opened = library.opened.value;
  return (
    <div class="replay" data-dropping={dropping.value ? "" : undefined}>
      {opened === null ? (
        <RunList library={library} />
      ) : (
        <Player key={opened.playback} opened={opened} library={library} />
      )}
    </div>
  );
}

function RunList({ library }: { readonly library: RunLibrary }) {
  return (
    <main class="replay-shelf">
      <h1>Replay a run</h1>
      <p class="replay-lead">
        A run is a recording of the lanes, byte by byte. This page comes with four. Pause them, play them in slow
        motion, look at their bytes. Nothing is sent while they play.
      </p>
      <ul class="replay-runs">
        {SHIPPED.map((shipped) => (
          <li key={shipped.name}>
            <button type="button" data-run={shipped.name} onClick={() => void library.openShipped(shipped)}>
              <strong>{shipped.title}</strong>
              <span>{shipped.says}</span>
              <span class="replay-outcome">{outcomeOf(shipped.facts)}</span>
              <span class="replay-size figure">{sizeOf(shipped.facts)}</span>
            </button>
          </li>
        ))}
      </ul>
      <section class="replay-own" aria-labelledby="replay-own">
        <h2 id="replay-own">A run of your own</h2>
        <p>
          “Save this run” in the{" "}
          <a class="link" href={hrefOf("wire", serverOf(location.href))}>
            wire view
          </a>{" "}
          makes a file of what the lanes did. Open it here, or drop it anywhere on this page. It stays in this browser.
        </p>
        <OpenRun library={library} />
      </section>
    </main>
  );
}

/** Takes files that are dropped anywhere on the page. Returns a signal: true while a file is dragged over the page. */
function useDrop(take: (file: File) => void): ReadonlySignal<boolean> {
  const over = useSignal(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const closing = new AbortController();
    const { signal } = closing;
    const holdsFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") ?? false;
    window.addEventListener(
      "dragover",
      (event) => {
        if (!holdsFiles(event)) return;
        // Otherwise the browser would replace the page with the file.
        event.preventDefault();
        over.value = true;
      },
      { signal },
    );
    window.addEventListener(
      "dragleave",
      (event) => {
        if (event.relatedTarget === null) over.value = false;
      },
      { signal },
    );
    window.addEventListener(
      "drop",
      (event) => {
        over.value = false;
        if (!holdsFiles(event)) return;
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) latest.current(file);
      },
      { signal },
    );
    return () => closing.abort();
  }, [over]);
  return over;
}
