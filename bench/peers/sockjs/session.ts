import { randomUUID } from "node:crypto";

/** The path of a new session's transport; clients choose their sessions' names themselves. */
export function sessionPath(transport: string): string {
  return `/s/000/${randomUUID()}/${transport}`;
}
