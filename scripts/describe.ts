import { writeFile } from "node:fs/promises";
import { documents, presentText, ROOT } from "./describe/documents.ts";

for (const { path, make } of await documents()) {
  const present = await presentText(path);
  const made = make(present);
  if (made === present) {
    console.log(`${path} is up to date`);
  } else {
    await writeFile(new URL(path, ROOT), made);
    console.log(`${path} written`);
  }
}
