import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

interface LazyProps<Props> {
  /** Imports the part; always the same function for the same part. */
  readonly load: () => Promise<ComponentType<Props>>;
  readonly props: Props;
}

type Part<Props> =
  | { readonly kind: "loading" }
  | { readonly kind: "here"; readonly draw: ComponentType<Props> }
  | { readonly kind: "failed" };

/** A part of the page that is fetched when it is first looked at. */
export function Lazy<Props extends object>({ load, props }: LazyProps<Props>) {
  const [part, setPart] = useState<Part<Props>>({ kind: "loading" });
  useEffect(() => {
    let here = true;
    load().then(
      (draw) => here && setPart({ kind: "here", draw }),
      () => here && setPart({ kind: "failed" }),
    );
    return () => {
      here = false;
    };
  }, [load]);
  switch (part.kind) {
    case "loading":
      return (
        <main class="lab-wait" aria-busy="true">
          <p>Loading…</p>
        </main>
      );
    case "failed":
      return (
        <main class="lab-wait">
          <p role="alert">
            This part of the page could not be loaded. Check that the server runs, and reload the page.
          </p>
        </main>
      );
    case "here": {
      const Draw = part.draw;
      return <Draw {...props} />;
    }
  }
}
