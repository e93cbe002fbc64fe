import { useLayoutEffect, useRef } from "preact/hooks";
import { Mark } from "./mark.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

/** In place of the page where the server refuses every call from its address: what to do about it. */
export function RefusedOrigin({ origin }: { readonly origin: string }) {
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);
  return (
    <div class="join">
      <header class="join-top">
        <Mark />
        <ThemeToggle />
      </header>
      <main class="advice">
        <h1 ref={title} tabIndex={-1}>
          The server doesn't allow this address
        </h1>
        <p>
          It answers, but accepts calls only from addresses that it knows. That keeps other web sites out of its rooms.
          You opened it as <code>{origin}</code>, which it doesn't know.
        </p>
        <h2>If you joined someone else's server</h2>
        <p>Open the address that the server printed when it started. The person who started it can tell you.</p>
        <h2>If it is your server</h2>
        <p>Restart it with this address added to its origins:</p>
        <pre>
          <code>npm start -- --origins {origin}</code>
        </pre>
        <button type="button" class="primary" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    </div>
  );
}
