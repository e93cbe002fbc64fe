/** The join form: what it holds, what can be checked before the server is asked, and where a refusal belongs. */
import { ProtocolError } from "../../src/protocol/errors.ts";
import { isRoomName } from "../../src/protocol/ids.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { codePoints, isBlank } from "./text.ts";

export type Field = "name" | "room" | "key";

export interface Form {
  readonly name: string;
  readonly room: string;
  /** Empty for none. */
  readonly key: string;
}

/** What is wrong with the form, and at which field; null: at none of them. */
export interface Problem {
  readonly field: Field | null;
  readonly message: string;
}

/** The allowed length of a key, for messages. */
export const KEY_LENGTH = `${LIMITS.keyLeastCharacters} to ${LIMITS.keyCharacters}`;

/** Returns the first problem the page can see without asking the server, or null. */
export function problemOf(form: Form): Problem | null {
  if (isBlank(form.name)) return { field: "name", message: "Enter a name. It is shown to everyone in the room." };
  if (codePoints(form.name.trim()) > LIMITS.nameCodePoints) {
    return {
      field: "name",
      message: `A name can have up to ${LIMITS.nameCodePoints} characters. Choose a shorter one.`,
    };
  }
  if (!isRoomName(form.room)) {
    return {
      field: "room",
      message: "A room name has only letters a–z, digits and hyphens, and starts with a letter or digit.",
    };
  }
  const length = codePoints(form.key);
  if (length > 0 && (length < LIMITS.keyLeastCharacters || length > LIMITS.keyCharacters)) {
    return {
      field: "key",
      message: `A room key has ${KEY_LENGTH} characters; this one has ${length.toLocaleString()}.`,
    };
  }
  return null;
}

/** Turns the server's refusal of `form` into a problem at the field that has to change. */
export function refusalOf(error: unknown, form: Form): Problem {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProtocolError)) return { field: null, message };
  switch (error.code) {
    case "unprocessable":
      // The room and the key are checked before they are sent, so the server objects to the name.
      return (
        problemOf(form) ?? {
          field: "name",
          message: "This name can't be used: it has control, invisible or direction-changing characters.",
        }
      );
    case "not_allowed":
      // The server's message says why: no key, the wrong key, or a key for an open room.
      return { field: "key", message };
    default:
      return { field: null, message };
  }
}
