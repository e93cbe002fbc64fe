import { writeFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { makeCertificate } from "../../support/certificate.ts";
import { Folder } from "../../support/folder.ts";

interface Certificate {
  /** Paths of files. */
  readonly chain: string;
  readonly key: string;
  /** Both in one file, as HAProxy wants them. */
  readonly both: string;
}

let made: Certificate | null = null;

/** A certificate for every name that tests call a proxy by, made once per process and trusted by every TLS client of it. */
export function certificate(): Certificate {
  made ??= make();
  return made;
}

function make(): Certificate {
  const folder = new Folder();
  process.once("exit", () => folder[Symbol.dispose]());
  const files = { chain: folder.at("chain.pem"), key: folder.at("key.pem"), both: folder.at("both.pem") };
  const { cert, key } = makeCertificate(["127.0.0.1", "chat.example", "evil.example"]);
  writeFileSync(files.chain, cert);
  writeFileSync(files.key, key);
  writeFileSync(files.both, cert + key);
  setDefaultCACertificates([...getCACertificates("default"), cert]);
  return files;
}
