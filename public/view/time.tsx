import { clock, exact, iso } from "../model/format.ts";

/** A time of day; the whole of it on hover. */
export function Time({ at }: { readonly at: number }) {
  return (
    <time dateTime={iso(at)} title={exact(at)}>
      {clock(at)}
    </time>
  );
}
