import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { TransportInfo } from "../../src/protocol/http.ts";
import type { Page } from "../model/page.ts";
import { KEY_LENGTH, refusalOf } from "../model/refusal.ts";
import { RoomContext } from "./context.ts";
import { takesFocus } from "./focus.ts";
import { JoinField } from "./join-field.tsx";
import { LabLink } from "./lab-link.tsx";
import { Mark } from "./mark.tsx";
import { StatusLine, Trouble } from "./status-line.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";
import { Ways } from "./ways.tsx";

interface Props {
  readonly page: Page;
  readonly known: readonly TransportInfo[];
}

/** Asks for a name and a room. */
export function JoinScreen({ page, known }: Props) {
  const name = useRef<HTMLInputElement>(null);
  const room = useRef<HTMLInputElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const asked = useSignal(false);
  const problem = useComputed(() => {
    const refusal = page.room.value?.refusal.value ?? null;
    return page.problem.value ?? (refusal === null ? null : refusalOf(refusal, page.form.value));
  });
  const busy = page.room.value !== null && problem.value === null;
  const wrong = problem.value?.field ?? null;
  const form = page.form.value;
  const withKey = asked.value || wrong === "key" || form.key !== "";

  useLayoutEffect(() => {
    if (takesFocus()) name.current?.focus();
  }, []);
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
    page.join({
      name: name.current?.value ?? "",
      room: room.current?.value ?? "",
      key: key.current?.value ?? "",
    });
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
              hint="Shown to everyone in the room."
            />
            <JoinField
              name="room"
              label="Room"
              value={form.room}
              input={room}
              problem={problem.value}
              autocomplete="off"
              before={<span aria-hidden="true">#</span>}
              hint="Anyone who enters the same room name joins you."
            />
            {withKey ? (
              <JoinField
                name="key"
                label="Room key"
                value={form.key}
                input={key}
                problem={problem.value}
                autocomplete="off"
                hint={`The first person sets it (${KEY_LENGTH} characters). After that, you need it to get in.`}
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
                  <Trouble />
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
