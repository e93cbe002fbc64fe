import { writeFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TlsFiles } from "../../src/server/tls.ts";
import { makeCertificate } from "./certificate.ts";
import type { Folder } from "./folder.ts";

const system = getCACertificates("default");
const trusted: string[] = [];

/** Writes a new certificate and its key into `folder`, and makes this process trust it. A second call replaces the files. */
export function trustedCertificate(folder: Folder): TlsFiles {
  const { cert, key } = makeCertificate();
  const files = { cert: folder.at("cert.pem"), key: folder.at("key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  trusted.push(cert);
  setDefaultCACertificates([...system, ...trusted]);
  return files;
}
