import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../../measure/server-process.ts";
import { isSwitchAnswer, type SwitchAnswer, type SwitchOrder, type SwitchReport } from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./process.ts", import.meta.url));

/** Runs real clients in a process of their own, on `cpu` if there is one for them. Rejects when that fails or ends early. */
export async function switchInProcess(order: SwitchOrder, cpu: number | null): Promise<SwitchReport> {
  const child = startNode([SCRIPT], { cpu }, "inherit");
  const { promise, resolve, reject } = Promise.withResolvers<SwitchAnswer>();
  child.on("message", (answer) => {
    if (isSwitchAnswer(answer)) resolve(answer);
  });
  child.once("exit", () => reject(new Error("the process of switching clients ended before it was done")));
  try {
    child.send(order, (error) => {
      if (error !== null) reject(error);
    });
    const answer = await promise;
    switch (answer.type) {
      case "switched":
        return answer.report;
      case "failed":
        throw new Error(`the switching clients failed: ${answer.message}`);
    }
  } finally {
    await stopChild(child);
  }
}
