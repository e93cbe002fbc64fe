import { processTree, readWhileThere } from "./tree.ts";

/** Memory of a server, after garbage collection. The kernel's own part, about 4 KB a socket, is in neither number. */
export interface Memory {
  /** Resident bytes of the whole process tree. */
  readonly rssBytes: number;
  /** Bytes of the JavaScript heap in use; null where the server is not one Node process. */
  readonly heapBytes: number | null;
  /** Resident bytes of V8's young generation, which is empty then; null as before. */
  readonly youngBytes: number | null;
}

/**
 * Resident bytes of a process and all its descendants, as they are now. Pages that two of them share count twice: it is
 * differences that are meant to be taken.
 */
export function readTreeResident(root: number): number {
  return processTree(root)
    .map(residentBytes)
    .reduce((sum, bytes) => sum + bytes);
}

function residentBytes(pid: number): number {
  // Recent kernels keep VmRSS per CPU and sum it up only roughly; smaps_rollup counts the pages.
  const text = readWhileThere(`/proc/${pid}/smaps_rollup`) ?? readWhileThere(`/proc/${pid}/status`) ?? "";
  const kilobytes = /^(?:Rss|VmRSS):\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1_024;
}
