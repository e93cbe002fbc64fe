import { clientTransports } from "../../../src/transports/registry.client.ts";
import { acceptSteps } from "../../engine/decoder/index.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import { bytes } from "../model/figures.ts";
import { openClient } from "../model/lane.ts";
import { type Answer, named, time } from "./answer.ts";
import { baseOf } from "./base.ts";
import { type Inquiry, InquiryError } from "./inquiry.ts";

const PATIENCE_MS = 10_000;

/** Lets one more client in through the lane of the transport that begins with a handshake, and looks at what it sent. */
export async function measureHandshake(inquiry: Inquiry): Promise<Answer> {
  const { lab, lanes, story } = inquiry;
  const lane = lanes.find(({ transport }) => clientTransports.some(({ name, duplex }) => name === transport && duplex));
  if (lane === undefined) throw new InquiryError("No lane's transport begins with a handshake.");
  lab.sky.choose(CALM_PRESET);
  inquiry.tell({ says: "opening one more connection", share: 0.3 });
  const { handshakes } = story.lane(lane.lane).wire;
  const known = handshakes.length;
  const guest = openClient({
    transport: lane.transport,
    base: baseOf(lab, lane),
    room: lab.room,
    name: "handshake",
    platform: lab.platform,
    tell: () => undefined,
  });
  try {
    const shake = await inquiry.until("handshake to be seen", () => handshakes[known] ?? null, PATIENCE_MS);
    const steps = acceptSteps(shake.key);
    const computed = steps.at(-1)?.value;
    const agrees = computed === shake.accept ? "this page computed the same" : `this page computed ${computed}`;
    return {
      says: `It turns one HTTP exchange into a two-way connection: one request of ${bytes(shake.up)} and one answer of ${bytes(shake.down)}, ${time(shake.tookMs)} in all, and from the next byte on both sides send ${named(lane.transport)} frames. The server proves that it understood by answering the key ${shake.key} with ${shake.accept}, and ${agrees}.`,
      rows: [],
      proofs: steps.map(({ title, value }) => ({ name: title, text: value })),
    };
  } finally {
    guest.close();
  }
}
