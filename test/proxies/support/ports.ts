import { randomInt } from "node:crypto";
import { connect } from "node:net";

/**
 * Below the ports that Linux gives to whoever asks for any (ip_local_port_range, from 32,768), and above those of
 * services: a server of another test never gets one of these in the moment before the proxy takes it.
 */
const FROM = 20_000;
const BELOW = 32_000;

/** A port of loopback that is free now. Nothing keeps it so: who takes it has to be ready to try another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, BELOW);
    if (!(await isTaken(port))) return port;
  }
}

/** Whether something takes connections there. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (taken: boolean) => () => {
      socket.destroy();
      resolve(taken);
    };
    socket.on("connect", answer(true));
    socket.on("error", answer(false));
  });
}
