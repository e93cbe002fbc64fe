import { type ReadonlySignal, signal } from "@preact/signals";
import { addressOf, keyOf, normalizeRoom, roomOf } from "./address.ts";
import { type Form, type Problem, problemOf } from "./join-form.ts";
import { createRoom, type Room } from "./room.ts";
import type { World } from "./world.ts";

/** The page as a whole: the join form, or a room. */
export interface Page {
  /** The form's initial values. */
  readonly form: ReadonlySignal<Form>;
  readonly room: ReadonlySignal<Room | null>;
  /** What is wrong with the form, or with the page's address; null if the page sees nothing wrong. */
  readonly problem: ReadonlySignal<Problem | null>;
  /** Whether the form stays on screen until the room is entered. False if the page joined by itself, with a saved name. */
  readonly byForm: ReadonlySignal<boolean>;
  /** Joins the room, unless the form has a problem. */
  join(form: Form): void;
  /** Leaves the room and shows the form. */
  leave(): void;
  /** Gives up on a room that was never entered and shows the form. */
  cancel(): void;
  /** Handles a change of the address by the back or forward button. */
  onAddressChange(): void;
}

/** The address bar. */
export interface AddressBar {
  read(): string;
  push(href: string): void;
  replace(href: string): void;
}

const NAME_KEY = "name";

export function createPage(world: World, bar: AddressBar): Page {
  const form = signal<Form>({
    name: world.browser.get(NAME_KEY) ?? "",
    room: roomOf(bar.read()),
    key: keyOf(bar.read()),
  });
  const room = signal<Room | null>(null);
  const byForm = signal(true);
  const problem = signal<Problem | null>(null);

  /** Enters the room. Returns false and shows the form if the form has a problem. */
  function enter(wanted: Form): boolean {
    problem.value = problemOf(wanted);
    room.value?.close();
    room.value = null;
    if (problem.value !== null) {
      byForm.value = true;
      return false;
    }
    const { name, room: roomName, key } = wanted;
    room.value = createRoom(world, { room: roomName, name, ...(key === "" ? {} : { key }) });
    return true;
  }

  if (form.value.name !== "") {
    byForm.value = false;
    if (enter(form.value)) bar.replace(addressOf(form.value.room, bar.read(), form.value.key));
  }

  return {
    form,
    room,
    byForm,
    problem,
    join(typed) {
      const wanted = { name: typed.name.trim(), room: normalizeRoom(typed.room), key: typed.key };
      form.value = wanted;
      byForm.value = true;
      problem.value = problemOf(wanted);
      if (problem.value !== null) return;
      world.browser.set(NAME_KEY, wanted.name);
      const address = addressOf(wanted.room, bar.read(), wanted.key);
      if (wanted.room !== roomOf(bar.read())) bar.push(address);
      else bar.replace(address);
      enter(wanted);
    },
    leave() {
      const left = room.value;
      room.value = null;
      byForm.value = true;
      void left?.leave().catch(() => left.close());
    },
    cancel() {
      room.value?.close();
      room.value = null;
      byForm.value = true;
    },
    onAddressChange() {
      const wanted = roomOf(bar.read());
      const key = keyOf(bar.read());
      if (wanted === form.value.room && key === form.value.key) return;
      form.value = { ...form.value, room: wanted, key };
      if (room.value !== null) enter(form.value);
    },
  };
}
