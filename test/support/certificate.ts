import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Object identifiers, encoded as in DER: RFC 5280 (commonName 2.5.4.3, subjectAltName 2.5.29.17, basicConstraints 2.5.29.19), RFC 5758. */
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALT_NAME = [0x55, 0x1d, 0x11];
const CONSTRAINTS = [0x55, 0x1d, 0x13];
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/** Returns a self-signed certificate for `names` (DNS names or IPv4 addresses), valid from yesterday to tomorrow, and its key. */
export function makeCertificate(names: readonly string[] = ["localhost", "127.0.0.1"]): Pem {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId(ECDSA_SHA256));
  // Unique: of two trusted certificates with the same name, OpenSSL might check the signature with the wrong one.
  const commonName = `skyrocket test ${randomBytes(8).toString("hex")}`;
  const name = sequence(set(sequence(objectId(COMMON_NAME), tlv(0x0c, Buffer.from(commonName)))));
  const now = Date.now();
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now - DAY_MS), time(now + DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(extension(ALT_NAME, sequence(...names.map(altName))), extension(CONSTRAINTS, authority()))),
  );
  const signature = sign("sha256", tbs, privateKey);
  const der = sequence(tbs, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const base64 = der.toString("base64").replace(/.{1,64}/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Returns the SHA-256 fingerprint of a certificate in DER, as hex. */
export function fingerprint(raw: Buffer): string {
  return createHash("sha256").update(raw).digest("hex");
}

/** Encodes a value in DER (ITU-T X.690): a tag, the length in its shortest form, and the value. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function set(...parts: Buffer[]): Buffer {
  return tlv(0x31, Buffer.concat(parts));
}

function objectId(bytes: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(bytes));
}

/** Encodes a time as UTCTime, which RFC 5280 requires until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.[0-9]+/g, "");
  return tlv(0x17, Buffer.from(digits.slice(2)));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectId(id), tlv(0x04, value));
}

/** Encodes basicConstraints with `cA`: a certificate that signs itself must be allowed to sign. */
function authority(): Buffer {
  return sequence(tlv(0x01, Buffer.from([0xff])));
}

function altName(name: string): Buffer {
  return isIPv4(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name));
}
