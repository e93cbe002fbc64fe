import assert from "node:assert/strict";
import type fc from "fast-check";
import { LinkError } from "../../../src/client/index.ts";
import { freshId, say } from "../../support/ids.ts";
import { until } from "../../support/wait.ts";
import type { Model, World } from "./world.ts";

type Step = fc.AsyncCommand<Model, World>;

/** One member says something; whatever has been cut meanwhile, it is said once. */
export class SayStep implements Step {
  readonly member: number;

  constructor(member: number) {
    this.member = member;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    const id = freshId();
    const text = `message ${model.log.length}`;
    const seq = await world.listener(this.member).client.send(text, { id });
    const last = model.said.at(-1);
    assert.ok(last === undefined || seq > last.seq, `seq ${seq} was given after ${last?.seq}`);
    model.log.push(text);
    model.said.push({ by: this.member, id, text, seq });
  }

  toString(): string {
    return `say(${this.member})`;
  }
}

/** A copy of an earlier command comes by another way: it is answered as the first was, and nothing is said again. */
export class RetryElsewhereStep implements Step {
  readonly place: number;

  constructor(place: number) {
    this.place = place;
  }

  check(model: Readonly<Model>): boolean {
    return model.said.length > 0;
  }

  async run(model: Model, world: World): Promise<void> {
    const said = model.said[this.place % model.said.length];
    assert.ok(said !== undefined);
    const reply = await world.api.execute(world.session(said.by), say(said.text, said.id));
    assert.deepEqual(reply, { type: "ok", id: said.id, seq: said.seq });
  }

  toString(): string {
    return `retryElsewhere(${this.place})`;
  }
}

/** A member's connections are reset, without a word. */
export class CutStep implements Step {
  readonly member: number;

  constructor(member: number) {
    this.member = member;
  }

  check(): boolean {
    return true;
  }

  async run(_model: Model, world: World): Promise<void> {
    world.listener(this.member).proxy.cut();
  }

  toString(): string {
    return `cut(${this.member})`;
  }
}

export class SwitchStep implements Step {
  readonly member: number;
  readonly transport: string;

  constructor(member: number, transport: string) {
    this.member = member;
    this.transport = transport;
  }

  check(): boolean {
    return true;
  }

  async run(_model: Model, world: World): Promise<void> {
    const listener = world.listener(this.member);
    // On a network that was cut a moment ago a switch may fail, and leaves the client where it was: it is tried again.
    await until(`a switch to ${this.transport}`, async () => {
      await listener.untilLive();
      if (listener.transport === this.transport) return true;
      return listener.client.switchTo(this.transport).then(
        () => true,
        (error: unknown) => {
          if (error instanceof LinkError) return false;
          throw error;
        },
      );
    });
  }

  toString(): string {
    return `switch(${this.member}, ${this.transport})`;
  }
}

/** A server is restarted. If the log is lost with it, everybody has read it before. */
export class RestartStep implements Step {
  check(): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    const { forgets } = world.deployment;
    if (forgets) await world.settle(model);
    await world.deployment.restart();
    if (!forgets) return;
    model.said = [];
    model.losses += 1;
  }

  toString(): string {
    return "restart";
  }
}

/** A member's machine takes nothing for a while, in which another says several things. */
export class LagStep implements Step {
  readonly member: number;
  readonly count: number;

  constructor(member: number, count: number) {
    this.member = member;
    this.count = count;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    const { proxy } = world.listener(this.member);
    const speaker = new SayStep((this.member + 1) % world.listeners.length);
    proxy.hold();
    try {
      for (let said = 0; said < this.count; said += 1) await speaker.run(model, world);
    } finally {
      proxy.release();
    }
  }

  toString(): string {
    return `lag(${this.member}, ${this.count})`;
  }
}
