import { expect, test } from "vitest";
import { queryFor, replayPlaceOf } from "../../../lab/page/replay/replay-address.ts";
import { createRunLibrary } from "../../../lab/page/replay/run-library.ts";
import { SHIPPED } from "../../../lab/page/replay/shipped-runs.ts";
import { runText } from "./runs.ts";

const [calm, tunnel] = SHIPPED;
if (calm === undefined || tunnel === undefined) throw new Error("The page ships with no runs.");

function file(text: string): File {
  return new File([text], "mine.json");
}

test("opens what the page ships with, and a file without asking anybody", async () => {
  const asked: string[] = [];
  const library = createRunLibrary(async (path) => {
    asked.push(path);
    return new Response(await runText("calm"));
  });
  const opening = library.openShipped(calm);
  expect(library.opening.value).toBe("A calm day");
  await opening;
  expect(library.opened.value?.run.title).toBe("A calm day");
  await library.openFile(file(await runText("tunnel")));
  expect(library.opened.value?.run.title).toBe("Through the tunnel");
  expect(library.opened.value?.shipped).toBeNull();
  expect([library.opening.value, library.trouble.value]).toEqual([null, null]);
  expect(asked).toEqual(["lab/runs/calm.json"]);
});

test.for([
  ["<html>", /is not JSON\. Choose/],
  ["[]", /The file must be an object, but is \[\]\./],
  ['{"format":"skyrocket-lab-bench"}', /`format` is not skyrocket-run\. Choose/],
  ['{"format":"skyrocket-run","version":2}', /version 2; this page reads version 1/],
  ['{"format":"skyrocket-run","version":1,"lanes":7}', /`lanes` must be a list .* but is 7/],
] as const)("%s is refused in words, and what was open stays so", async ([text, words]) => {
  const library = createRunLibrary(async () => new Response(await runText("calm")));
  await library.openShipped(calm);
  const before = library.opened.value;
  await library.openFile(file(text));
  expect(library.trouble.value).toMatch(words);
  expect(library.opened.value).toBe(before);
  await library.openFile(file(await runText("tunnel")));
  expect(library.trouble.value).toBeNull();
});

test("says so when the server has no such run, or is not there", async () => {
  const gone = createRunLibrary(async () => new Response("", { status: 404 }));
  const away = createRunLibrary(() => Promise.reject(new TypeError("fetch failed")));
  for (const library of [gone, away]) {
    await library.openShipped(tunnel);
    expect(library.trouble.value).toBe(
      "The run “Through the tunnel” could not be loaded. Check that the server is running, or open a file.",
    );
  }
});

test("who asks for two is given the second, whichever comes first, and nothing after closing", async () => {
  const slow = Promise.withResolvers<Response>();
  const library = createRunLibrary(() => slow.promise);
  const first = library.openShipped(calm);
  await library.openFile(file(await runText("tunnel")));
  slow.resolve(new Response(await runText("calm")));
  await first;
  expect(library.opened.value?.run.title).toBe("Through the tunnel");

  const late = library.openShipped(calm);
  library.close();
  await late;
  expect([library.opened.value, library.opening.value]).toEqual([null, null]);
});

test("a place in a run is an address, and the other way round", () => {
  const place = { run: "tunnel", at: 12_000, tab: "wire", spanMs: 200, hidden: ["sse", "websocket"] } as const;
  const query = queryFor(place, new URLSearchParams("lane=3"));
  expect(query).toBe("?lane=3&run=tunnel&at=12000&view=wire&span=200&hide=sse,websocket");
  expect(replayPlaceOf(new URLSearchParams(query))).toEqual(place);
  const nowhere = { run: null, at: 12_000, tab: "race", spanMs: 5_000, hidden: [] } as const;
  expect(queryFor(nowhere, new URLSearchParams(query.replace("lane=3&", "")))).toBe("");
  expect(replayPlaceOf(new URLSearchParams("at=-1&view=x&span=3"))).toEqual({ ...nowhere, at: null });
});
