import { AnswerReader } from "../answers.ts";
import type { Sockets } from "../sockets.ts";
import { post, refused } from "./bayeux.ts";

export interface Asking {
  answered(): void;
  broke(why: string): void;
}

/** Posts a Bayeux message on a connection of its own, which ends with the answer: minutes may lie between two of them. */
export function ask(sockets: Sockets, url: URL, body: string, { answered, broke }: Asking): void {
  const answers = new AnswerReader();
  const socket = sockets.open(url, {
    connected: () => socket.write(post(url, body)),
    chunk: (bytes) => {
      const answer = answers.read(bytes)[0];
      if (answer === undefined) return;
      sockets.drop(socket);
      if (answer.status === 200 && !refused(answer.body)) answered();
      else broke(`Faye answered ${answer.status}: ${answer.body.toString("latin1")}`);
    },
    gone: broke,
  });
}
