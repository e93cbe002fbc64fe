import type { ChildProcess } from "node:child_process";

/** A server at its limit may be seconds late; one that is silent for longer will not answer at all. */
const ANSWER_MS = 120_000;

/**
 * Asks the probe in a server's process and resolves to its answer. Rejects when the process ends first or says nothing
 * for `ANSWER_MS`. Questions of different kinds may be under way together.
 */
export async function ask<Answer>(
  child: ChildProcess,
  question: "cpu" | "resident" | "memory",
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onMessage = (message: unknown): void => {
    if (isAnswer(message)) resolve(message);
  };
  const onExit = (): void => reject(new Error(`the server's process ended before it told its ${question}`));
  const late = setTimeout(() => {
    reject(new Error(`the server's process did not tell its ${question} within ${ANSWER_MS / 1_000} s`));
  }, ANSWER_MS);
  child.on("message", onMessage);
  child.once("exit", onExit);
  child.send(question, (error) => {
    if (error !== null) reject(error);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    child.off("message", onMessage);
    child.off("exit", onExit);
  }
}
