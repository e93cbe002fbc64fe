import { createHmac, timingSafeEqual } from "node:crypto";
import type { MemberId, RoomName, SessionToken } from "../protocol/ids.ts";

/** 128 bits can't be guessed. Every poll carries a token, so it is kept short. */
const MAC_BYTES = 16;

/** The signed content of a token. */
export interface Claim {
  readonly room: RoomName;
  /** Of the room's key hash when the token was made; empty for a public room. */
  readonly keyId: string;
  readonly member: MemberId;
  readonly name: string;
  /** Ms since 1970. */
  readonly expiresAt: number;
}

/** Signs and verifies session tokens. Every process with the same secret accepts them, so any can serve any request. */
export class TokenMint {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(claim: Claim): SessionToken {
    const roomAndKey = claim.keyId === "" ? claim.room : `${claim.room}.${claim.keyId}`;
    const body = Buffer.from([roomAndKey, claim.member, claim.expiresAt.toString(36), claim.name].join(" ")).toString(
      "base64url",
    );
    return `${body}.${this.#mac(body)}` as SessionToken; // the only place that makes tokens
  }

  /** Returns the claim of a token that was signed with this secret, expired or not; null for any other text. */
  verify(token: string): Claim | null {
    const [body, mac, ...rest] = token.split(".");
    if (body === undefined || mac === undefined || rest.length > 0) return null;
    // Compared as text: base64 can encode the same bytes in many ways, and each would count as a session of its own.
    const given = Buffer.from(mac);
    const right = Buffer.from(this.#mac(body));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    // The signature proves the shape. Only a name can contain spaces, and it comes last.
    const [roomAndKey = "", member, expires, ...name] = Buffer.from(body, "base64url").toString().split(" ");
    const [room, keyId = ""] = roomAndKey.split(".");
    return { room, keyId, member, name: name.join(" "), expiresAt: Number.parseInt(expires ?? "", 36) } as Claim;
  }

  #mac(body: string): string {
    return createHmac("sha256", this.#secret).update(body).digest().subarray(0, MAC_BYTES).toString("base64url");
  }
}
