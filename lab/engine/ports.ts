import type { PortRange } from "../../src/server/options.ts";

/** Ports from 1024 on that browsers refuse to connect to (Fetch Standard, "bad port"). */
const BLOCKED: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
];

/** Every port that lanes may use is in use. */
export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/** Assigns ports to lanes: those of a range, or any free ones. */
export class LanePorts {
  /** Taken from the front and released to the end, so that a port is reused as late as possible. Null: any port. */
  readonly #free: number[] | null;

  constructor(range: PortRange | null) {
    this.#free = range === null ? null : portsOf(range);
  }

  /**
   * Calls `start` with a port and resolves to its result. Skips ports that are in use or forbidden. Rejects with NoPortError
   * if none is left, and with any other error of `start`.
   */
  async open<Started>(start: (port: number) => Promise<Started>): Promise<{ started: Started; release: () => void }> {
    const free = this.#free;
    if (free === null) return { started: await start(0), release: () => undefined };
    for (let tries = free.length; tries > 0; tries -= 1) {
      const port = free.shift();
      if (port === undefined) break;
      try {
        const started = await start(port);
        return { started, release: () => void free.push(port) };
      } catch (error) {
        free.push(port);
        if (!isUnavailable(error)) throw error;
      }
    }
    throw new NoPortError("Every port of the lab is in use. Start the server with a wider --lab-ports.");
  }
}

function portsOf({ from, to }: PortRange): number[] {
  const ports = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return ports.filter((port) => !BLOCKED.includes(port));
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");
}
