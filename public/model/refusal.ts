import { ProtocolError } from "../../src/protocol/errors.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { codePoints, isBlank } from "./text.ts";

export type Field = "name" | "room" | "key";

/** What is wrong with the form, and at which of its fields; `field` null: with none of them. */
export interface Problem {
  readonly field: Field | null;
  readonly words: string;
}

/** What the join screen asks for. */
export interface Form {
  readonly name: string;
  readonly room: string;
  /** Empty: none. */
  readonly key: string;
}

/** How long a key is, in words. */
export const KEY_LENGTH = `${LIMITS.keyLeastCharacters} to ${LIMITS.keyCharacters}`;

const ROOM = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** What can be seen to be wrong before the server is asked; null: nothing. */
export function problemOf(form: Form): Problem | null {
  if (isBlank(form.name)) return { field: "name", words: "Enter the name the others will see." };
  if (codePoints(form.name.trim()) > LIMITS.nameCodePoints) {
    return { field: "name", words: `A name has at most ${LIMITS.nameCodePoints} characters. Choose a shorter one.` };
  }
  if (!ROOM.test(form.room)) {
    return {
      field: "room",
      words: "A room's name has letters a–z, digits and hyphens only, and starts with a letter or digit.",
    };
  }
  const length = codePoints(form.key);
  if (length > 0 && (length < LIMITS.keyLeastCharacters || length > LIMITS.keyCharacters)) {
    return {
      field: "key",
      words: `A room key has ${KEY_LENGTH} characters; this one has ${length.toLocaleString()}.`,
    };
  }
  return null;
}

/** The server's refusal of `form`, at the field that has to be changed. */
export function refusalOf(error: unknown, form: Form): Problem {
  const words = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProtocolError)) return { field: null, words };
  switch (error.code) {
    case "unprocessable":
      // The room and the key are checked before they are sent, so this is about the name.
      return (
        problemOf(form) ?? {
          field: "name",
          words: "This name can't be used: it has control, invisible or direction-changing characters.",
        }
      );
    case "not_allowed":
      // The server says which it is: no key, another room's, or one for a room that is open to all.
      return { field: "key", words };
    default:
      return { field: null, words };
  }
}
