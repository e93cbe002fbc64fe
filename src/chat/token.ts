import { createHmac, timingSafeEqual } from "node:crypto";
import type { MemberId, RoomName, SessionToken } from "../protocol/ids.ts";

/** 128 bits are beyond guessing, and a token rides on every poll. */
const MAC_BYTES = 16;

/** What a token says and the signature vouches for. */
export interface Claim {
  readonly room: RoomName;
  /** Of the lock its room had when it was given out; empty: none. */
  readonly lockName: string;
  readonly member: MemberId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Signs and checks session tokens: any process with the same secret accepts them, so no request needs a certain node. */
export class TokenMint {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(claim: Claim): SessionToken {
    const place = claim.lockName === "" ? claim.room : `${claim.room}.${claim.lockName}`;
    const body = Buffer.from([place, claim.member, claim.expiresAt.toString(36), claim.name].join(" ")).toString(
      "base64url",
    );
    return `${body}.${this.#mac(body)}` as SessionToken; // the one place where tokens are made
  }

  /** The claim of a token this mint signed; null for any other text. Says nothing of its age. */
  verify(token: string): Claim | null {
    const [body, mac, ...rest] = token.split(".");
    if (body === undefined || mac === undefined || rest.length > 0) return null;
    // As text: base64 spells the same bytes in many ways, and each would pass for a session of its own.
    const given = Buffer.from(mac);
    const right = Buffer.from(this.#mac(body));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    // Signed by us, hence of our making: no further checks of its shape. Only a name can hold spaces, and it comes last.
    const [place = "", member, expires, ...name] = Buffer.from(body, "base64url").toString().split(" ");
    const [room, lockName = ""] = place.split(".");
    return { room, lockName, member, name: name.join(" "), expiresAt: Number.parseInt(expires ?? "", 36) } as Claim;
  }

  #mac(body: string): string {
    return createHmac("sha256", this.#secret).update(body).digest().subarray(0, MAC_BYTES).toString("base64url");
  }
}
