import { expect, test } from "vitest";
import { LAB } from "../support/lab.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage({ lab: LAB });

/** First lines of what went up through the lanes, in order. */
type Lines = readonly string[];

test("a page of the laboratory reaches its lanes, and no poll costs a preflight", async () => {
  const page = await stage.visitor({ locale: "en-US" });
  await page.goto(`${stage.origin}/lab/bench`);
  const lines: Lines = await page.evaluate(async () => {
    const control = new WebSocket(`ws://${location.host}/lab/control`);
    const up: string[] = [];
    const ports = new Promise<number[]>((resolve) => {
      control.addEventListener("message", ({ data }) => {
        const telling = JSON.parse(data);
        if (telling.type === "welcome") resolve(telling.lanes.map(({ port }: { port: number }) => port));
        for (const entry of telling.entries ?? []) {
          if (entry.kind === "bytes" && entry.direction === "up")
            up.push(atob(entry.base64).split(" HTTP/1.1")[0] ?? "");
        }
      });
    });
    const [lane] = await ports;
    const base = `http://127.0.0.1:${lane}`;
    const opened = await fetch(`${base}/api/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: "lanes", name: "Ada" }),
    });
    const { session, cursor } = await opened.json();
    const query = `session=${session}&after=${cursor}`;
    for (const _poll of [1, 2, 3])
      await (await fetch(`${base}/transports/short-polling?${query}`, { cache: "no-store" })).json();
    const socket = new WebSocket(`ws://127.0.0.1:${lane}/transports/websocket?${query}`);
    await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    socket.close();
    while (!up.some((line) => line.includes("/transports/websocket")))
      await new Promise((resolve) => setTimeout(resolve, 10));
    control.close();
    return up.map((line) => line.replace(/\?.*/, ""));
  });
  expect(lines.filter((line) => line.startsWith("OPTIONS"))).toEqual(["OPTIONS /api/sessions"]);
  expect(lines.filter((line) => line === "GET /transports/short-polling")).toHaveLength(3);
  expect(lines).toContain("POST /api/sessions");
  expect(lines).toContain("GET /transports/websocket");
});
