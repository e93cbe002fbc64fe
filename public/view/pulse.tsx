import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useRoom } from "./context.ts";

const FLIGHT_MS = 450;
/** Under load one dot stands for all messages of this time. */
const APART_MS = 120;

/** A dot that runs along the connection: to the right for what is sent, to the left for what has come. */
export function Pulse() {
  const { feed, said, state } = useRoom();
  const box = useRef<HTMLSpanElement>(null);
  const lastAt = useRef(Number.NEGATIVE_INFINITY);

  const fly = (from: string, to: string): void => {
    const now = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.visibilityState !== "visible";
    if (still || now - lastAt.current < APART_MS) return;
    lastAt.current = now;
    const dot = document.createElement("i");
    box.current?.append(dot);
    const flight = dot.animate([{ left: from }, { left: to }], { duration: FLIGHT_MS, easing: "ease-in-out" });
    flight.addEventListener("finish", () => dot.remove());
  };
  useSignalEffect(() => {
    // What is written without a connection moves nowhere yet.
    if (said.value > 0 && state.peek().kind === "live") fly("0%", "100%");
  });
  useSignalEffect(() => {
    if (feed.arrived.value > 0) fly("100%", "0%");
  });
  return <span class="pulse" ref={box} />;
}
