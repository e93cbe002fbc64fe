import { describe, expect, test } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { live, Scene } from "./support/scene.ts";

describe("a hidden page", () => {
  test("a hidden page moves to the transport that does not wake it, and back when it is visible", async () => {
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

  test("a page that becomes visible before the new link is live stays on its transport", async () => {
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

  test("a page that becomes visible ends a wait between attempts", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    scene.client.setVisible(true);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });
});
