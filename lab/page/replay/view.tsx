import "./replay.css";
import { useEffect, useMemo } from "preact/hooks";
import { serverOf } from "../model/route.ts";
import { replayPlaceOf } from "./address.ts";
import { createLibrary } from "./library.ts";
import { Player } from "./player.tsx";
import { Shelf } from "./shelf.tsx";
import { shippedOf } from "./shipped.ts";
import { useDrop } from "./use-drop.ts";

/** Runs that are over: those the page ships with, and whoever's file. It needs no lanes, and for a file no network. */
export function ReplayView() {
  const library = useMemo(() => createLibrary((path) => fetch(new URL(path, serverOf(location.href)))), []);
  useEffect(() => {
    const shipped = shippedOf(replayPlaceOf(new URLSearchParams(location.search)).run);
    if (shipped !== undefined) void library.openShipped(shipped);
    return () => library.close();
  }, [library]);
  const dropping = useDrop((file) => void library.openFile(file));
  const opened = library.opened.value;
  return (
    <div class="replay" data-dropping={dropping.value ? "" : undefined}>
      {opened === null ? <Shelf library={library} /> : <Player key={opened.show} opened={opened} library={library} />}
    </div>
  );
}
