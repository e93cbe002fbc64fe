import type { Page } from "../model/page.ts";
import { refusalOf } from "../model/refusal.ts";
import { useRoom } from "./context.ts";
import { Mark } from "./mark.tsx";
import { StatusLine, Trouble } from "./status-line.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

const LINES = [64, 42, 78, 30, 55];

/** The room before the server has answered: its shape, and what is being waited for. */
export function OpeningScreen({ page }: { readonly page: Page }) {
  const room = useRoom();
  const refusal = room.refusal.value;
  return (
    <div class="page">
      <header class="top">
        <Mark />
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
                Opening #{room.name} as <bdi>{room.as}</bdi>
              </p>
              <Trouble />
              <div class="skeleton" aria-hidden="true">
                {LINES.map((width) => (
                  <span key={width} class={`bone bone-${width}`} />
                ))}
              </div>
            </>
          ) : (
            <p class="empty-title" role="alert">
              {refusalOf(refusal, page.form.value).words}
            </p>
          )}
          <button type="button" class="quiet-button" onClick={page.giveUp}>
            Change name or room
          </button>
        </div>
      </main>
    </div>
  );
}
