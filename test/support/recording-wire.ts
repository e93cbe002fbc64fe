import type { Outlet, Wire } from "../../src/chat/ports.ts";
import type { Bye, DownEvent } from "../../src/protocol/events.ts";

/** A wire whose frames are the events themselves. */
export function recordingWire(
  name: string,
  traits: Partial<Wire<readonly DownEvent[]>> = {},
): Wire<readonly DownEvent[]> & { framed: number } {
  return {
    name,
    duplex: false,
    streaming: true,
    framed: 0,
    frame(events) {
      this.framed += 1;
      return events;
    },
    ...traits,
  };
}

/** An outlet that keeps every frame. The test sets the result of its writes. */
export class RecordingOutlet implements Outlet<readonly DownEvent[]> {
  readonly frames: (readonly DownEvent[])[] = [];
  answer: "more" | "full" | "done" = "more";
  bye: Bye | null = null;
  destroyed = false;

  write(frame: readonly DownEvent[]): "more" | "full" | "done" {
    this.frames.push(frame);
    return this.answer;
  }

  end(bye: Bye, frame: readonly DownEvent[]): void {
    this.frames.push(frame);
    this.bye = bye;
  }

  destroy(): void {
    this.destroyed = true;
  }

  get events(): DownEvent[] {
    return this.frames.flat();
  }

  /** Seqs of the durable events, in the order written. */
  get seqs(): number[] {
    return this.events.flatMap((event) => ("seq" in event ? [event.seq] : []));
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}
