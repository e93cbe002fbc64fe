/** What was recognised in the bytes of one direction of a connection. */
export type Note =
  | { readonly kind: "request"; readonly method: string; readonly target: string; readonly key: string | null }
  /** The head of a response. `streams`: its body ends with the connection. */
  | { readonly kind: "response"; readonly status: number; readonly streams: boolean; readonly accept: string | null }
  /** The last byte of a response's body has gone by. */
  | { readonly kind: "answered" }
  /** An event of the room's log, the name of the message in it if it is one of the page's, and the bytes of its JSON. */
  | { readonly kind: "event"; readonly message: string | null; readonly bytes: number }
  /** The same of a command. */
  | { readonly kind: "command"; readonly message: string | null; readonly bytes: number };
