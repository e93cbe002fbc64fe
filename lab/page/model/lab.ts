/** The live laboratory: a client on every lane, the weather over them, and the run that is recorded. */
import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { ClientTransport, Platform } from "../../../src/client/index.ts";
import type { Clock } from "../../../src/clock.ts";
import type { LabInfo } from "../../engine/control.ts";
import type { ClientEntry, LaneNumber, RunLane } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { type Control, type ControlState, type ControlWorld, openControl } from "./control.ts";
import type { Finding } from "./finding.ts";
import { createScriptCost, type ScriptCost } from "./frames.ts";
import { type LaneClient, type LaneClientOptions, openClient } from "./lane-client.ts";
import { createMessageSender, type MessageSender, OUTSIDE, type SendTarget, type Speaker } from "./message-sender.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createWeatherControl, type WeatherControl } from "./weather-control.ts";

/** What the laboratory needs of the browser. */
export interface LabWorld extends ControlWorld {
  readonly platform: Platform;
  /** The server's own address, without a proxy in between. */
  readonly server: URL;
  /** The transports of the lanes, top to bottom. */
  readonly transports: readonly ClientTransport[];
  newRoom(): string;
  openNaive(options: LaneClientOptions): LaneClient;
}

/** What the page's address asks for. */
export interface LabRequest {
  readonly preset: string | null;
  readonly seed: number;
  readonly naive: readonly string[];
  readonly speaker: string | null;
}

export interface Lab {
  readonly playback: Recorder;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly state: ReadonlySignal<ControlState>;
  readonly info: ReadonlySignal<LabInfo | null>;
  readonly lanes: ReadonlySignal<readonly RunLane[]>;
  readonly weatherControl: WeatherControl;
  readonly scriptCost: ScriptCost;
  readonly sender: MessageSender;
  readonly speaker: ReadonlySignal<Speaker>;
  /** What experiments on these lanes have found, by the name of their question. */
  readonly findings: Signal<ReadonlyMap<string, Finding>>;
  readonly room: string;
  readonly server: URL;
  readonly order: Control["order"];
  setSpeaker(speaker: Speaker): void;
  /** Replaces the lane's client and starts a new run. */
  setNaive(lane: LaneNumber, naive: boolean): void;
  /** Draws one frame: moves the playhead, and with it all views. */
  tick(elapsedMs: number): void;
  /** Starts a new run with the same lanes. */
  restart(): void;
  close(): void;
}

export function createLab(world: LabWorld, request: LabRequest): Lab {
  const { platform, transports, clock } = world;
  const room = world.newRoom();
  const clients = new Map<LaneNumber, LaneClient>();
  const lanes = signal<readonly RunLane[]>(
    transports.map(({ name }, lane) => ({ lane, transport: name, naive: request.naive.includes(name) })),
  );
  const requested = transports.findIndex(({ name }) => name === request.speaker);
  const speaker = signal<Speaker>(requested < 0 ? OUTSIDE : requested);
  const scriptCost = createScriptCost(clock);
  const control = openControl(world, (entries) => scriptCost.count(() => playback.addAll(entries)));
  const playback = createRecorder(() => control.clock.now());
  const weatherControl = createWeatherControl(control.order, clock, {
    preset: request.preset === null ? null : (presetOf(request.preset) ?? null),
    seed: request.seed,
  });
  const record = (lane: LaneNumber, entry: ClientEntry): void =>
    scriptCost.count(() => playback.add({ at: control.clock.now(), lane, ...entry }));
  const sender = createMessageSender(() => targetOf(speaker.value), clock);

  /** Without a client, the message is recorded as not sent. */
  function targetOf(lane: LaneNumber): SendTarget {
    const client = clients.get(lane);
    return {
      send: (text) => client?.send(text) ?? Promise.reject(new Error("There is no connection to send it on.")),
      record: (entry) => record(lane, entry),
    };
  }
  function closeClients(): void {
    for (const client of clients.values()) client.close();
    clients.clear();
  }
  function open({ lane, transport, naive }: RunLane, base: URL): void {
    let open = true;
    const options: LaneClientOptions = {
      transport,
      base,
      room,
      name: lane === OUTSIDE ? "sender" : transport,
      platform,
      // A client of an earlier run may still report something.
      record: (entry) => {
        if (open) record(lane, entry);
      },
    };
    const client = naive ? world.openNaive(options) : openClient(options);
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
    const nodes = playback.runIndex.peek().nodes.at(-1);
    playback.begin(state.startedAt, weatherControl.seed.peek(), lanes.peek());
    // Recorded when they change: the new run would not know them.
    if (nodes !== undefined) playback.add({ ...nodes, at: control.clock.now() });
    for (const lane of lanes.peek()) {
      const port = state.ports[lane.lane];
      if (port !== undefined) open(lane, new URL(`http://127.0.0.1:${port}/`));
    }
    const outside = transports.find(({ duplex }) => duplex) ?? transports[0];
    if (outside !== undefined) open({ lane: OUTSIDE, transport: outside.name, naive: false }, world.server);
    weatherControl.renew();
  }

  const stopFollowing = effect(() => {
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
    playback,
    platform,
    clock,
    state: control.state,
    info: control.info,
    lanes,
    weatherControl,
    scriptCost,
    sender,
    speaker,
    findings: signal(new Map()),
    room,
    server: world.server,
    order: control.order,
    setSpeaker(next) {
      speaker.value = next;
    },
    setNaive(lane, naive) {
      lanes.value = lanes.value.map((one) => (one.lane === lane ? { ...one, naive } : one));
      restart();
    },
    tick: (elapsedMs) => scriptCost.frame(() => playback.tick(elapsedMs)),
    restart,
    close() {
      stopFollowing();
      weatherControl.close();
      sender.stop();
      closeClients();
      control.close();
    },
  };
}
