import type { Credentials } from "../generator/dialect.ts";
import { ID_PLACE, type RequestShape } from "./messages.ts";

/** A command: a text of the usual length in a room nobody reads, so that what is measured is the way up alone. */
export const COMMAND: RequestShape = {
  method: "POST",
  path: "/api/commands",
  body: JSON.stringify({ type: "say", id: ID_PLACE, text: "#0000000000 hello, room" }),
  answer: '{"type":"ok"',
};

/** A short poll when there is nothing new: from the furthest place any of the members was given. */
export function emptyPoll(members: readonly Credentials[]): RequestShape {
  const head = members
    .map(({ cursor }) => cursor)
    .reduce((furthest, cursor) => (seqOf(cursor) > seqOf(furthest) ? cursor : furthest));
  return { method: "GET", path: `/transports/short-polling?after=${head}`, body: null, answer: "[]" };
}

function seqOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf("-") + 1));
}
