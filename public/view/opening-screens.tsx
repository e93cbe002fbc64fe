/** What is shown in place of a room: while it opens, and if the server refuses the page's address. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { refusalOf } from "../model/join-form.ts";
import type { Page } from "../model/page.ts";
import { useRoom } from "./context.ts";
import { Logo } from "./icons.tsx";
import { StatusLine, Trouble } from "./status-line.tsx";
import { ThemeToggle } from "./theme.tsx";

const SKELETON_WIDTHS = [64, 42, 78, 30, 55];

/** The room before the server has answered: an empty outline, and the reason if it takes long. */
export function OpeningScreen({ page }: { readonly page: Page }) {
  const room = useRoom();
  const refusal = room.refusal.value;
  return (
    <div class="page">
      <header class="top">
        <Logo />
        <div class="where">
          <h1>#{room.name}</h1>
        </div>
        <StatusLine />
        <ThemeToggle />
      </header>
      <main class="room opening">
        <div class="opening-words">
          {refusal === null ? (
            <>
              <p class="empty-title">
                Opening #{room.name} as <bdi>{room.ownName}</bdi>
              </p>
              <Trouble />
              <div class="skeleton" aria-hidden="true">
                {SKELETON_WIDTHS.map((width) => (
                  <span key={width} class={`bone bone-${width}`} />
                ))}
              </div>
            </>
          ) : (
            <p class="empty-title" role="alert">
              {refusalOf(refusal, page.form.value).message}
            </p>
          )}
          <button type="button" class="quiet-button" onClick={page.cancel}>
            Change name or room
          </button>
        </div>
      </main>
    </div>
  );
}

/** Replaces the page if the server refuses every call from its address, and says what to do. */
export function RefusedOrigin({ origin }: { readonly origin: string }) {
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);
  return (
    <div class="join">
      <header class="join-top">
        <Logo />
        <ThemeToggle />
      </header>
      <main class="advice">
        <h1 ref={title} tabIndex={-1}>
          The server doesn't allow this address
        </h1>
        <p>
          The server answers only calls from addresses it knows, to keep other web sites out of its rooms. You opened
          this page as <code>{origin}</code>, which it doesn't know.
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
