/** A member that sends over plain HTTP requests and reads nothing. It is independent of our client. */
export interface Speaker {
  say(text: string): Promise<void>;
  type(): Promise<void>;
  leave(): Promise<void>;
}

async function ok(answer: Response): Promise<Response> {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

function sessionOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "session" in answer && typeof answer.session === "string") {
    return answer.session;
  }
  throw new Error("POST /api/sessions answered without a session.");
}

export async function createSpeaker(origin: string, room: string, name: string): Promise<Speaker> {
  const json = { "content-type": "application/json" };
  const opened = await ok(
    await fetch(`${origin}/api/sessions`, { method: "POST", headers: json, body: JSON.stringify({ room, name }) }),
  );
  const headers = { ...json, authorization: `Bearer ${sessionOf(await opened.json())}` };
  const command = async (body: object): Promise<void> => {
    const id = crypto.randomUUID();
    await ok(await fetch(`${origin}/api/commands`, { method: "POST", headers, body: JSON.stringify({ id, ...body }) }));
  };
  return {
    say: (text) => command({ type: "say", text }),
    type: () => command({ type: "typing" }),
    leave: () => command({ type: "leave" }),
  };
}

/** Sends `count` numbered messages, one after the other. */
export async function sayMany(speaker: Speaker, count: number, from = 1): Promise<readonly string[]> {
  const said: string[] = [];
  for (let number = from; number < from + count; number += 1) {
    said.push(`number ${number}`);
    await speaker.say(`number ${number}`);
  }
  return said;
}
