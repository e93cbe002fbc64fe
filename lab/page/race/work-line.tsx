import { useLab } from "../context.ts";

/** What drawing this page takes: it is the clients' own processor that it is taken from. */
export function WorkLine() {
  const { work } = useLab();
  const p95 = work.p95.value;
  if (p95 === null) return null;
  return (
    <p class="soft figure" data-work={p95.toFixed(2)} data-frames={work.frames.value}>
      drawing: {p95.toFixed(1)} ms of script per frame (p95)
    </p>
  );
}
