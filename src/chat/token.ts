import { createHmac, timingSafeEqual } from "node:crypto";
import type { MemberId, RoomName, SessionToken } from "../protocol/ids.ts";

/** 128 bits are beyond guessing, and a token rides on every poll. */
const MAC_BYTES = 16;

/** What a token says and the signature vouches for. */
export interface Claim {
  readonly room: RoomName;
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
    const body = Buffer.from([claim.room, claim.member, claim.expiresAt.toString(36), claim.name].join(" ")).toString(
      "base64url",
    );
    return `${body}.${this.#mac(body).toString("base64url")}` as SessionToken; // the one place where tokens are made
  }

  /** The claim of a token this mint signed; null for any other text. Says nothing of its age. */
  verify(token: string): Claim | null {
    const [body, mac, ...rest] = token.split(".");
    if (body === undefined || mac === undefined || rest.length > 0) return null;
    const given = Buffer.from(mac, "base64url");
    const right = this.#mac(body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    // Signed by us, hence of our making: no further checks of its shape. Only a name can hold spaces, and it comes last.
    const [room, member, expires, ...name] = Buffer.from(body, "base64url").toString().split(" ");
    return { room, member, name: name.join(" "), expiresAt: Number.parseInt(expires ?? "", 36) } as Claim;
  }

  #mac(body: string): Buffer {
    return createHmac("sha256", this.#secret).update(body).digest().subarray(0, MAC_BYTES);
  }
}
