import { describe, expect, it } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { live, Scene } from "./support/scene.ts";

describe("a hidden page", () => {
  it("goes over to the transport that does not wake it, and back when it is seen", async () => {
    const scene = new Scene({ transport: "poll" });
    await settle();
    scene.poll.last.prove();
    await settle();
    scene.client.setVisible(false);
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll", switchingTo: null });
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    scene.client.setVisible(true);
    await settle();
    scene.poll.last.prove();
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
  });

  it("stays where it is when it is seen again before the new link is live", async () => {
    const scene = new Scene({ transport: "poll" });
    await settle();
    scene.poll.last.prove();
    await settle();
    scene.client.setVisible(false);
    await settle();
    scene.client.setVisible(true);
    await settle();
    expect(scene.slow.last.signal.aborted).toBe(true);
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
  });

  it("hurries an attempt when it is seen again", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    scene.client.setVisible(true);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });
});
