import type { RunLane } from "../../engine/run.ts";
import type { Lab } from "../model/lab.ts";
import { InquiryError } from "./inquiry.ts";

/** The address of a lane's proxy. Throws InquiryError where there is none. */
export function baseOf(lab: Lab, { lane }: RunLane): URL {
  const state = lab.state.peek();
  const port = state.kind === "open" ? state.ports[lane] : undefined;
  if (port === undefined) throw new InquiryError("The connection to the laboratory is gone.");
  return new URL(`http://127.0.0.1:${port}/`);
}
