import { ProtocolError } from "../protocol/errors.ts";
import type { CommandId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";

function isCommandId(text: string): text is CommandId {
  return text.length >= 1 && text.length <= LIMITS.commandIdCharacters && text.isWellFormed();
}

/** Ids of commands: unique among all that one member sends, from however many visits. */
export class CommandIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: () => number) {
    // Not crypto.randomUUID, which pages without TLS lack; an id has to be unique, not secret.
    const part = (): string => Math.floor(random() * 2 ** 40).toString(36);
    this.#prefix = `${part()}${part()}`;
  }

  next(): CommandId {
    this.#count += 1;
    return this.take(`${this.#prefix}-${this.#count}`);
  }

  /** The id given, or a new one. Throws ProtocolError for one no server would take. */
  take(given: string | undefined): CommandId {
    if (given === undefined) return this.next();
    if (isCommandId(given)) return given;
    const message = `A command's id has 1 to ${LIMITS.commandIdCharacters} characters and no lone surrogates.`;
    throw new ProtocolError("unprocessable", { message });
  }
}
