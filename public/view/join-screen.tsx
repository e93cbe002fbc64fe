import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { TransportInfo } from "../../src/protocol/http.ts";
import { type Field, KEY_LENGTH, type Problem, refusalOf } from "../model/join-form.ts";
import type { Page } from "../model/page.ts";
import { takesFocus } from "./components.ts";
import { RoomContext } from "./context.ts";
import { Logo } from "./icons.tsx";
import { LabLink } from "./lab-link.tsx";
import { StatusLine, Trouble } from "./status-line.tsx";
import { ThemeToggle } from "./theme.tsx";
import { shortTitle, styleOf, TransportIcon, TransportLine } from "./transports.tsx";

interface Props {
  readonly page: Page;
  readonly known: readonly TransportInfo[];
}

/** Asks for a name, a room and its key, and shows the progress of joining. */
export function JoinScreen({ page, known }: Props) {
  const name = useRef<HTMLInputElement>(null);
  const room = useRef<HTMLInputElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const keyRequested = useSignal(false);
  const problem = useComputed(() => {
    const refusal = page.room.value?.refusal.value ?? null;
    return page.problem.value ?? (refusal === null ? null : refusalOf(refusal, page.form.value));
  });
  const busy = page.room.value !== null && problem.value === null;
  const wrong = problem.value?.field ?? null;
  const form = page.form.value;
  const withKey = keyRequested.value || wrong === "key" || form.key !== "";

  useLayoutEffect(() => {
    if (takesFocus()) name.current?.focus();
  }, []);
  useEffect(() => {
    const fields = { name, room, key };
    if (wrong !== null) fields[wrong].current?.focus();
  }, [wrong, problem.value]);
  // At once, not after the next paint: the person may have moved on to another field by then.
  useLayoutEffect(() => {
    if (keyRequested.value) key.current?.focus();
  }, [keyRequested.value]);

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
        <Logo />
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
                hint={`The first person to join sets the key (${KEY_LENGTH} characters). Everyone else needs it.`}
              />
            ) : (
              <button
                type="button"
                class="link join-key"
                onClick={() => {
                  keyRequested.value = true;
                }}
              >
                Use a room key
              </button>
            )}
            {problem.value !== null && wrong === null && (
              <p class="join-problem" role="alert">
                {problem.value.message}
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
                  <button type="button" class="link" onClick={page.cancel}>
                    Cancel
                  </button>
                </div>
              </RoomContext.Provider>
            )}
          </form>
        </section>
        <TransportCards known={known} />
      </main>
    </div>
  );
}

interface FieldProps {
  readonly name: Field;
  readonly label: string;
  readonly value: string;
  readonly problem: Problem | null;
  readonly input: Ref<HTMLInputElement>;
  readonly autocomplete: string;
  readonly hint: string;
  readonly before?: ComponentChildren;
}

/** One field of the form, with its hint or its problem below. */
function JoinField({ name, label, value, problem, input, autocomplete, hint, before }: FieldProps) {
  const wrong = problem?.field === name;
  return (
    <div class={`join-field ${wrong ? "wrong" : ""}`}>
      <label for={`join-${name}`}>{label}</label>
      <div class="join-input">
        {before}
        <input
          id={`join-${name}`}
          name={name}
          ref={input}
          type="text"
          defaultValue={value}
          autocomplete={autocomplete}
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={wrong}
          aria-describedby={`join-${name}-hint`}
        />
      </div>
      <p id={`join-${name}-hint`} class="hint" role={wrong ? "alert" : undefined}>
        {wrong ? problem.message : hint}
      </p>
    </div>
  );
}

/** Shows the registered transports: icon, line and what each one does. */
function TransportCards({ known }: { readonly known: readonly TransportInfo[] }) {
  return (
    <section class="transport-cards" aria-labelledby="transports-title">
      <h2 id="transports-title">One room, {known.length.toLocaleString()} transports</h2>
      <p>The same conversation over each. Switch mid-sentence: no message is lost, none shows up twice.</p>
      <ul>
        {known.map((transport) => (
          <li key={transport.name} class={styleOf(transport.name).tone}>
            <TransportIcon transport={transport.name} />
            <span class="transport-name">{shortTitle(transport)}</span>
            <TransportLine transport={transport.name} off={false} />
            <span class="transport-summary">{styleOf(transport.name).summary}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
