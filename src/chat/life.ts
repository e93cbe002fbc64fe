import type { Outlet } from "./ports.ts";
import type { Room } from "./room.ts";
import { type Timer, timerSlack } from "./timers.ts";

/** Whose life is watched. */
interface Watched {
  readonly outlet: Outlet<never>;
  detach(): void;
}

/** Asks a peer now and then for a sign of life; one that has given none in time is taken for gone. */
export class Life {
  readonly #room: Room;
  readonly #watched: Watched;
  #seenAt: number;
  #timer: Timer | null = null;

  constructor(room: Room, watched: Watched) {
    this.#room = room;
    this.#watched = watched;
    this.#seenAt = room.elapsed();
    this.#watch();
  }

  /** The peer has given a sign. */
  seen(): void {
    this.#seenAt = this.#room.elapsed();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    const { probeMs } = this.#room.settings;
    this.#timer = this.#room.after(probeMs, () => this.#ask(), timerSlack(probeMs));
  }

  #ask(): void {
    const asked = this.#room.elapsed();
    this.#watched.outlet.probe?.();
    this.#timer = this.#room.after(this.#room.settings.probeGraceMs, () => {
      if (this.#seenAt >= asked) return this.#watch();
      this.#watched.outlet.destroy();
      this.#watched.detach();
    });
  }
}
