import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { ClientTransport, Platform } from "../../../src/client/index.ts";
import type { LabInfo } from "../../engine/control.ts";
import type { ClientEntry, LaneNumber, RunLane } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { openNaive } from "../naive/client.ts";
import { type Control, type ControlState, type ControlWorld, openControl } from "./control.ts";
import { type LaneClientHandle, type LaneOptions, openClient } from "./lane.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { mouthOf, OUTSIDE, type Speaker } from "./roster.ts";
import { createSender, type Sender } from "./sender.ts";
import { createSky, type Sky } from "./sky.ts";
import { createWork, type Work } from "./work.ts";

/** What the laboratory needs of the browser. */
export interface LabWorld extends ControlWorld {
  readonly platform: Platform;
  /** The server itself, past all proxies. */
  readonly server: URL;
  /** The transports of the lanes, top to bottom. */
  readonly transports: readonly ClientTransport[];
  newRoom(): string;
}

/** What an address may ask for. */
export interface LabWishes {
  readonly preset: string | null;
  readonly seed: number;
  readonly naive: readonly string[];
  readonly speaker: string | null;
}

/** The live laboratory: lanes, their weather, and the run they make. */
export interface Lab {
  readonly show: Recorder;
  readonly platform: Platform;
  readonly state: ReadonlySignal<ControlState>;
  readonly info: ReadonlySignal<LabInfo | null>;
  readonly lanes: ReadonlySignal<readonly RunLane[]>;
  readonly sky: Sky;
  /** What drawing it takes. */
  readonly work: Work;
  readonly sender: Sender;
  readonly speaker: ReadonlySignal<Speaker>;
  readonly room: string;
  readonly server: URL;
  /** How far the page's clock may be off the proxies', ms; null while not known. */
  clockErrorMs(): number | null;
  readonly order: Control["order"];
  setSpeaker(speaker: Speaker): void;
  /** The lane's client is another from then on, and a new run begins. */
  setNaive(lane: LaneNumber, naive: boolean): void;
  /** One frame: the playhead moves, the pictures follow. */
  tick(elapsedMs: number): void;
  /** Begins a new run with the same lanes. */
  restart(): void;
  close(): void;
}

/** Opens the laboratory. */
export function createLab(world: LabWorld, wishes: LabWishes): Lab {
  const { platform, transports } = world;
  const room = world.newRoom();
  const clients = new Map<LaneNumber, LaneClientHandle>();
  const lanes = signal<readonly RunLane[]>(
    transports.map(({ name }, lane) => ({ lane, transport: name, naive: wishes.naive.includes(name) })),
  );
  const wished = transports.findIndex(({ name }) => name === wishes.speaker);
  const speaker = signal<Speaker>(wished < 0 ? OUTSIDE : wished);
  const work = createWork(world.now);
  const control = openControl(world, (entries) => work.count(() => show.addAll(entries)));
  const show = createRecorder(() => control.clock.now());
  const sky = createSky(control.order, (task, ms) => platform.clock.after(ms, task), {
    preset: wishes.preset === null ? null : (presetOf(wishes.preset) ?? null),
    seed: wishes.seed,
  });
  const tell = (lane: LaneNumber, entry: ClientEntry): void =>
    work.count(() => show.add({ at: control.clock.now(), lane, ...entry }));
  const sender = createSender(() => mouthOf(speaker.value, clients, tell), platform.clock);

  function closeClients(): void {
    for (const client of clients.values()) client.close();
    clients.clear();
  }
  function open({ lane, transport, naive }: RunLane, base: URL): void {
    let open = true;
    const options: LaneOptions = {
      transport,
      base,
      room,
      name: lane === OUTSIDE ? "sender" : transport,
      platform,
      // What a client of an earlier run still says belongs to no run.
      tell: (entry) => {
        if (open) tell(lane, entry);
      },
    };
    const client = naive ? openNaive(options) : openClient(options);
    clients.set(lane, {
      send: client.send,
      close() {
        open = false;
        client.close();
      },
    });
  }
  function restart(): void {
    closeClients();
    const state = control.state.peek();
    if (state.kind !== "open") return;
    show.begin(state.startedAt, sky.seed.peek(), lanes.peek());
    for (const lane of lanes.peek()) {
      const port = state.ports[lane.lane];
      if (port !== undefined) open(lane, new URL(`http://127.0.0.1:${port}/`));
    }
    const outside = transports.find(({ duplex }) => duplex) ?? transports[0];
    if (outside !== undefined) open({ lane: OUTSIDE, transport: outside.name, naive: false }, world.server);
    sky.renew();
  }

  const stopWatching = effect(() => {
    switch (control.state.value.kind) {
      case "open":
        untracked(restart);
        return;
      case "refused":
      case "lost":
      case "elsewhere":
        sender.stop();
        closeClients();
        return;
      case "connecting":
    }
  });
  return {
    show,
    platform,
    state: control.state,
    info: control.info,
    lanes,
    sky,
    work,
    sender,
    speaker,
    room,
    server: world.server,
    clockErrorMs: () => control.clock.errorMs,
    order: control.order,
    setSpeaker(next) {
      speaker.value = next;
    },
    setNaive(lane, naive) {
      lanes.value = lanes.value.map((one) => (one.lane === lane ? { ...one, naive } : one));
      restart();
    },
    tick: (elapsedMs) => work.frame(() => show.tick(elapsedMs)),
    restart,
    close() {
      stopWatching();
      sky.end();
      sender.stop();
      closeClients();
      control.close();
    },
  };
}
