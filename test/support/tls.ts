import { writeFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TlsFiles } from "../../src/server/tls.ts";
import { makeCertificate } from "./certificate.ts";
import type { Folder } from "./folder.ts";

const system = getCACertificates("default");
const trusted: string[] = [];

/** Makes a certificate in files, and has this process trust it. Once more: another one, in the same files. */
export function trustedCertificate(folder: Folder): TlsFiles {
  const { cert, key } = makeCertificate();
  const files = { cert: folder.at("cert.pem"), key: folder.at("key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  trusted.push(cert);
  setDefaultCACertificates([...system, ...trusted]);
  return files;
}
