import fc from "fast-check";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { FuzzServer } from "../support/fuzz-server.ts";
import { isGoodName, isGoodRoom, isGoodText, nameAsTaken } from "../support/oracles.ts";

const codePoints = (maxLength: number) => fc.string({ unit: "binary", minLength: 0, maxLength });
const name = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 16 }) },
  { weight: 2, arbitrary: codePoints(34) },
  { weight: 1, arbitrary: junk },
  // Of these NFC makes two or three code points each.
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom("\u0958", "\ufb2c", "a\u0301"), { maxLength: 32 }).map((all) => all.join("")),
  },
);
const room = fc.oneof(mutated(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,63}$/)), junk);
const text = fc.oneof(
  { weight: 3, arbitrary: codePoints(200) },
  { weight: 1, arbitrary: junk },
  { weight: 1, arbitrary: fc.constantFrom("é", "🚀", "\u0000", "\u2028").map((unit) => unit.repeat(4_000)) },
  { weight: 1, arbitrary: fc.constant("🚀".repeat(4_001)) },
);
const input = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("name"), value: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("room"), value: room }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("text"), value: text }) },
);

/** Rooms, names and texts as members send them: what is taken is given back exactly, what is not is refused. */
export const names = target({
  name: "names",
  what: "names and texts of any characters: taken as the protocol says, and given back as they were",
  input,
  open: async () => {
    const server = await FuzzServer.open();
    const post = async (path: string, body: object) => {
      const headers = [`Authorization: Bearer ${server.member.session}`, "Content-Type: application/json"];
      return server.ask({ method: "POST", path, headers, body: Buffer.from(JSON.stringify(body)) });
    };
    const tryName = async (value: string): Promise<string> => {
      const { status, body } = await post("/api/sessions", { room: "fuzz", name: value });
      const taken = nameAsTaken(value);
      if ((status === 201) !== (taken !== null))
        throw new Finding("wrong", `the name ${JSON.stringify(value)} is answered ${status}`);
      if (status !== 201) return `name ${status}`;
      const { session, member } = JSON.parse(body);
      await server.api.end(session);
      // What is given out must be a name again.
      if (member.name !== taken || !isGoodName(member.name))
        throw new Finding("wrong", `the name ${JSON.stringify(value)} became ${JSON.stringify(member.name)}`);
      return "name 201";
    };
    const tryRoom = async (value: string): Promise<string> => {
      const { status, body } = await post("/api/sessions", { room: value, name: "Ada" });
      if ((status === 201) !== isGoodRoom(value))
        throw new Finding("wrong", `the room ${JSON.stringify(value)} is answered ${status}`);
      if (status === 201) await server.api.end(JSON.parse(body).session);
      return `room ${status}`;
    };
    let said = 0;
    const tryText = async (value: string): Promise<string> => {
      said += 1;
      const { status, body } = await post("/api/commands", { type: "say", id: `n${said}`, text: value });
      if ((status === 200) !== isGoodText(value))
        throw new Finding("wrong", `the text ${JSON.stringify(value.slice(0, 99))} is answered ${status}`);
      if (status !== 200) return `text ${status}`;
      const { seq } = JSON.parse(body);
      const { epoch, session } = server.member;
      const poll = `/transports/short-polling?after=${epoch}-${seq - 1}`;
      const { body: events } = await server.ask({ path: poll, headers: [`Authorization: Bearer ${session}`] });
      const [message] = JSON.parse(events);
      if (message?.text !== value || message.seq !== seq)
        throw new Finding("wrong", `${JSON.stringify(value.slice(0, 99))} came as ${JSON.stringify(message)}`);
      return "text 200";
    };
    return {
      try: async ({ kind, value }) => {
        await server.renewSometimes();
        if (kind === "room") return tryRoom(value);
        return kind === "name" ? tryName(value) : tryText(value);
      },
      check: () => server.check(),
      close: () => server.close(),
    };
  },
});
