import type { PartName } from "../model/route.ts";
import type { Answer } from "./answer.ts";
import { measureBuffering } from "./buffering.ts";
import { measureCost } from "./cost.ts";
import { measureDeadPeer } from "./dead-peer.ts";
import { measureHandshake } from "./handshake.ts";
import type { Inquiry } from "./inquiry.ts";
import { measureWall } from "./wall.ts";

/** What many ask, and an experiment that answers it. */
export interface Question {
  /** In addresses and tests. */
  readonly name: string;
  readonly title: string;
  /** What will be done, and how long it takes. */
  readonly does: string;
  /** Where to look closer. */
  readonly more?: { readonly part: PartName; readonly says: string };
  measure(inquiry: Inquiry): Promise<Answer>;
}

export const QUESTIONS: readonly Question[] = [
  {
    name: "cost",
    title: "How many bytes does one message cost?",
    does: "Sends 20 messages in calm weather and divides what went over each lane by their number: about 6 s.",
    measure: measureCost,
  },
  {
    name: "handshake",
    title: "What does the handshake do?",
    does: "Opens one more WebSocket through its lane and reads the bytes: at once.",
    more: { part: "wire", says: "See every byte of it on the wire" },
    measure: measureHandshake,
  },
  {
    name: "buffering",
    title: "What happens to a stream behind a buffering proxy?",
    does: "Puts a corporate proxy before all lanes, says one message, and takes the proxy away again: about 8 s.",
    measure: measureBuffering,
  },
  {
    name: "dead-peer",
    title: "How long does a dead peer go unnoticed?",
    does: "Lets every connection fall silent, says one message, and waits until each lane has it. That takes as long as it takes: up to a minute.",
    measure: measureDeadPeer,
  },
  {
    name: "wall",
    title: "How many streams does a browser open to one origin?",
    does: "Opens streams through one lane until a further request hangs, then closes one of them: about 3 s.",
    measure: measureWall,
  },
];
