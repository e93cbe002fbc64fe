let seq = 0;

/** The bytes Skyrocket sends for one message, made by a server that has no room: the floors send what Skyrocket sends. */
export function messageEvent(text: string): string {
  seq += 1;
  return JSON.stringify({
    type: "message",
    seq,
    at: Date.now(),
    id: `p${seq}`,
    from: { id: "m0000000000", name: "publisher" },
    text,
    via: "websocket",
  });
}
