import { type ReadonlySignal, signal } from "@preact/signals";
import { addressOf, keyOf, roomOf, tidyRoom } from "./address.ts";
import { type Form, type Problem, problemOf } from "./refusal.ts";
import { createRoom, type Room } from "./room.ts";
import type { World } from "./world.ts";

/** The page as a whole: either somebody is about to join, or is in a room. */
export interface Page {
  /** What the form begins with. */
  readonly form: ReadonlySignal<Form>;
  readonly room: ReadonlySignal<Room | null>;
  /** What is wrong with the form, or with the address the page was opened by; null: nothing the page can see. */
  readonly problem: ReadonlySignal<Problem | null>;
  /** Whether the room was joined by the form, which then shows what became of it. */
  readonly byForm: ReadonlySignal<boolean>;
  /** Joins, unless the form has a problem. */
  join(form: Form): void;
  /** Back to the form, leaving the room. */
  leave(): void;
  /** Back to the form from a room that was never entered. */
  giveUp(): void;
  /** The address has changed under the page: the back button. */
  moved(): void;
}

const NAME = "name";

/** The address bar, as far as the page writes in it. */
export interface AddressBar {
  read(): string;
  push(href: string): void;
  replace(href: string): void;
}

export function createPage(world: World, bar: AddressBar): Page {
  const form = signal<Form>({
    name: world.browser.get(NAME) ?? "",
    room: roomOf(bar.read()),
    key: keyOf(bar.read()),
  });
  const room = signal<Room | null>(null);
  const byForm = signal(true);
  const problem = signal<Problem | null>(null);

  /** Enters the room, or stays with the form where it can't be right. */
  function enter(wanted: Form): boolean {
    problem.value = problemOf(wanted);
    room.value?.close();
    room.value = null;
    if (problem.value !== null) {
      byForm.value = true;
      return false;
    }
    const { name, room: of, key } = wanted;
    room.value = createRoom(world, { room: of, name, ...(key === "" ? {} : { key }) });
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
    join(wanted) {
      const tidy = { name: wanted.name.trim(), room: tidyRoom(wanted.room), key: wanted.key };
      form.value = tidy;
      byForm.value = true;
      problem.value = problemOf(tidy);
      if (problem.value !== null) return;
      world.browser.set(NAME, tidy.name);
      const address = addressOf(tidy.room, bar.read(), tidy.key);
      if (tidy.room !== roomOf(bar.read())) bar.push(address);
      else bar.replace(address);
      enter(tidy);
    },
    leave() {
      const left = room.value;
      room.value = null;
      byForm.value = true;
      void left?.leave().catch(() => left.close());
    },
    giveUp() {
      room.value?.close();
      room.value = null;
      byForm.value = true;
    },
    moved() {
      const wanted = roomOf(bar.read());
      const key = keyOf(bar.read());
      if (wanted === form.value.room && key === form.value.key) return;
      form.value = { ...form.value, room: wanted, key };
      if (room.value !== null) enter(form.value);
    },
  };
}
