import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { styleOf } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import type { Show } from "../model/show.ts";
import { Brush, frameOf } from "./brush.ts";
import { inksAt, looks, weightAt } from "./inks.ts";
import { type Painted, paintLane } from "./paint.ts";

interface LanePictureProps {
  readonly show: Show;
  readonly lane: RunLane;
  readonly title: string;
  readonly spanMs: ReadonlySignal<number>;
  /** Told what was drawn. */
  readonly painted: Signal<Painted> | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** One lane on the time axis. The same in numbers is in the lane's meter and in the table below. */
export function LanePicture({ show, lane, title, spanMs, painted }: LanePictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useMemo(() => signal<Size | null>(null), []);
  useEffect(() => {
    const drawn = canvas.current;
    const place = drawn?.parentElement;
    const pen = drawn?.getContext("2d");
    if (drawn == null || place == null || pen == null) return;
    const watcher = new ResizeObserver(() => {
      size.value = { width: place.clientWidth, height: place.clientHeight };
    });
    watcher.observe(place);
    let brush: Brush | null = null;
    const renew = effect(() => {
      void looks.value;
      const box = size.value;
      if (box === null) return;
      const scale = Math.min(2, devicePixelRatio);
      drawn.width = Math.round(box.width * scale);
      drawn.height = Math.round(box.height * scale);
      brush = new Brush(pen, inksAt(place), styleOf(lane.transport).dash, weightAt(place), scale);
    });
    const stop = effect(() => {
      void looks.value;
      void show.revision.value;
      const box = size.value;
      if (box === null || brush === null) return;
      const frame = frameOf(show.playhead.at.value, spanMs.value, box.width, box.height);
      const done = paintLane(show.story.value, lane.lane, brush, frame);
      if (painted !== undefined) painted.value = done;
    });
    return () => {
      watcher.disconnect();
      renew();
      stop();
    };
  }, [show, lane, spanMs, painted, size]);
  return (
    <div class="lane-picture">
      <canvas ref={canvas} role="img" aria-label={`${title} on the time axis. The table of messages says the same.`} />
    </div>
  );
}
