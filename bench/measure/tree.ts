import { readdirSync, readFileSync } from "node:fs";

/**
 * A process and all its descendants, itself first: a server that starts helpers (nginx behind a wrapper, workers) is
 * measured as a whole. From `/proc`, so only where `canReadOthers`.
 */
export function processTree(root: number): number[] {
  const children = childrenByParent();
  const tree = [root];
  // Grows while it is walked.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** `/proc/PID/task/TID/children` would be shorter, but many kernels are built without it. */
function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = statOf(pid)?.[PARENT];
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent));
    if (siblings === undefined) children.set(Number(parent), [pid]);
    else siblings.push(pid);
  }
  return children;
}

/** Places in what `statOf` gives. */
export const PARENT = 1;
export const USER_TICKS = 11;
export const SYSTEM_TICKS = 12;

/** The fields of `/proc/PID/stat` behind the command, from the state on; null when the process has ended. */
export function statOf(pid: number): readonly string[] | null {
  const stat = readWhileThere(`/proc/${pid}/stat`);
  // The second field is the command in parentheses and may hold spaces: count from its end.
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** A file of `/proc`; null when its process or thread has ended, before the read or during it. */
export function readWhileThere(path: string): string | null {
  return whileThere(() => readFileSync(path, "latin1"));
}

/** Does `read`, on something in `/proc`; null when its process or thread has ended, before the read or during it. */
export function whileThere<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}
