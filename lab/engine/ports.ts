/** Loopback ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Ports on which browsers open no connection, though anyone may listen there (Fetch standard, "bad port"), from 1024 on. */
const BLOCKED: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
];

/** There is no port left for a lane. */
export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/** Gives out the ports that lanes listen on: those of a range, or any free ones. */
export class LanePorts {
  /** Given out from the front and taken back at the end, so that a port rests as long as can be. Null: any free ones. */
  readonly #free: number[] | null;

  constructor(range: PortRange | null) {
    this.#free = range === null ? null : portsOf(range);
  }

  /**
   * Starts what `start` makes on a port of its own and resolves to it. Ports that someone else listens on are passed over.
   * Rejects with NoPortError when none is left, and with what `start` rejects with for any other reason.
   */
  async open<Started>(start: (port: number) => Promise<Started>): Promise<{ started: Started; giveBack: () => void }> {
    const free = this.#free;
    if (free === null) return { started: await start(0), giveBack: () => undefined };
    for (let tries = free.length; tries > 0; tries -= 1) {
      const port = free.shift();
      if (port === undefined) break;
      try {
        const started = await start(port);
        return { started, giveBack: () => void free.push(port) };
      } catch (error) {
        free.push(port);
        if (!isTaken(error)) throw error;
      }
    }
    throw new NoPortError("Every port of the lab is in use. Start the server with a wider --lab-ports.");
  }
}

function portsOf({ from, to }: PortRange): number[] {
  const ports = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return ports.filter((port) => !BLOCKED.includes(port));
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");
}
