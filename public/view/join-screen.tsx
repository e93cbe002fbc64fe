import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { TransportInfo } from "../../src/protocol/http.ts";
import { tidyRoom } from "../model/address.ts";
import type { Page } from "../model/page.ts";
import { type Problem, problemOf, refusalOf } from "../model/refusal.ts";
import { RoomContext } from "./context.ts";
import { JoinField } from "./join-field.tsx";
import { LabLink } from "./lab-link.tsx";
import { Mark } from "./mark.tsx";
import { StatusLine } from "./status-line.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";
import { Ways } from "./ways.tsx";

interface Props {
  readonly page: Page;
  readonly known: readonly TransportInfo[];
}

/** Who are you, and which room? */
export function JoinScreen({ page, known }: Props) {
  const name = useRef<HTMLInputElement>(null);
  const room = useRef<HTMLInputElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const own = useSignal<Problem | null>(null);
  const asked = useSignal(false);
  const problem = useComputed(() => {
    const refusal = page.room.value?.refusal.value ?? null;
    return own.value ?? (refusal === null ? null : refusalOf(refusal));
  });
  const busy = page.room.value !== null && problem.value === null;
  const wrong = problem.value?.field ?? null;
  const form = page.form.value;
  const withKey = asked.value || wrong === "key" || form.key !== "";

  useEffect(() => {
    const fields = { name, room, key };
    if (wrong !== null) fields[wrong].current?.focus();
  }, [wrong, problem.value]);
  // At once, not after the next paint: who has gone on to another field by then stays there.
  useLayoutEffect(() => {
    if (asked.value) key.current?.focus();
  }, [asked.value]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const filled = {
      name: name.current?.value ?? "",
      room: tidyRoom(room.current?.value ?? ""),
      key: key.current?.value ?? "",
    };
    own.value = problemOf(filled);
    if (own.value === null) page.join(filled);
  };

  return (
    <div class="join">
      <header class="join-top">
        <Mark />
        <LabLink />
        <ThemeToggle />
      </header>
      <main class="join-main">
        <section class="join-card">
          <h1>Join the room</h1>
          <form onSubmit={submit} noValidate aria-busy={busy}>
            <JoinField
              name="name"
              label="Your name"
              value={form.name}
              input={name}
              problem={problem.value}
              autocomplete="nickname"
              hint="What the others see."
            />
            <JoinField
              name="room"
              label="Room"
              value={form.room}
              input={room}
              problem={problem.value}
              autocomplete="off"
              before={<span aria-hidden="true">#</span>}
              hint="Whoever names the same room meets you there."
            />
            {withKey ? (
              <JoinField
                name="key"
                label="Room key"
                value={form.key}
                input={key}
                problem={problem.value}
                autocomplete="off"
                hint="Who comes first sets it; after that only this key opens the room."
              />
            ) : (
              <button
                type="button"
                class="link join-key"
                onClick={() => {
                  asked.value = true;
                }}
              >
                Use a room key
              </button>
            )}
            {problem.value !== null && wrong === null && (
              <p class="join-problem" role="alert">
                {problem.value.words}
              </p>
            )}
            <button type="submit" class="primary" disabled={busy}>
              {busy ? "Joining…" : "Join"}
            </button>
            {busy && (
              <RoomContext.Provider value={page.room.value}>
                <div class="join-progress">
                  <StatusLine />
                  <button type="button" class="link" onClick={page.giveUp}>
                    Cancel
                  </button>
                </div>
              </RoomContext.Provider>
            )}
          </form>
        </section>
        <Ways known={known} />
      </main>
    </div>
  );
}
