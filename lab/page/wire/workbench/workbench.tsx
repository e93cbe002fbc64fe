import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { newId } from "../../../../public/model/world.ts";
import type { Order } from "../../../engine/control.ts";
import { encodeFrame } from "../../../engine/decoder/ws-frame.ts";
import type { Show } from "../../model/show.ts";
import type { Item } from "../model/record.ts";
import type { Wire } from "../model/wire.ts";
import { Answer } from "./answer.tsx";
import { Controls } from "./controls.tsx";
import { createDraft } from "./draft.ts";
import { FrameBytes } from "./frame-bytes.tsx";
import { createSending } from "./sending.ts";

const FIRST = '{"type":"say","id":"w1","text":"Hello"}';

interface WorkbenchProps {
  readonly show: Show;
  readonly wire: Wire;
  readonly order: (order: Order) => void;
  readonly server: URL;
  /** Shows an item among what was recorded. */
  see(item: Item): void;
}

/** A frame to be made by hand: from text to bytes and back, and to the server. */
export function Workbench({ show, wire, order, server, see }: WorkbenchProps) {
  const draft = useMemo(() => {
    const payload = new TextEncoder().encode(FIRST);
    return createDraft(encodeFrame({ fin: true, rsv: 0, opcode: 1, mask: chance(4), payload }));
  }, []);
  const sending = useMemo(
    () => createSending(wire, order, { server, newKey: () => chance(16), openSession: () => openSession(server) }),
    [wire, order, server],
  );
  const lanes = show.run.value.lanes;
  const chosen = useSignal<number | null>(null);
  const lane = chosen.value ?? lanes.find(({ transport }) => transport === "websocket")?.lane ?? 0;
  return (
    <div class="bench-frame">
      <Controls draft={draft} newKey={() => chance(4)} />
      <FrameBytes draft={draft} />
      <Answer
        sending={sending}
        draft={draft}
        lanes={lanes}
        lane={lane}
        choose={(one) => (chosen.value = one)}
        see={see}
      />
    </div>
  );
}

function chance(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

/** In a room of its own: what is tried out here is no part of the race. */
async function openSession(server: URL): Promise<string> {
  const room = `workbench-${newId()}`;
  const response = await fetch(new URL("api/sessions", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room, name: "Workbench" }),
  });
  const answer: unknown = await response.json();
  if (typeof answer === "object" && answer !== null && "session" in answer && typeof answer.session === "string") {
    return answer.session;
  }
  throw new Error(`No session was opened: ${response.status}.`);
}
