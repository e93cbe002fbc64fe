import { type ReadonlySignal, signal } from "@preact/signals";
import { addressOf, keyOf, roomOf, tidyRoom } from "./address.ts";
import { createRoom, type Room } from "./room.ts";
import type { World } from "./world.ts";

/** What the join screen asks for. */
export interface Form {
  readonly name: string;
  readonly room: string;
  /** Empty: none. */
  readonly key: string;
}

/** The page as a whole: either somebody is about to join, or is in a room. */
export interface Page {
  /** What the form begins with. */
  readonly form: ReadonlySignal<Form>;
  readonly room: ReadonlySignal<Room | null>;
  /** Whether the room was joined by the form, which then shows what became of it. */
  readonly byForm: ReadonlySignal<boolean>;
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

  function enter({ name, room: wanted, key }: Form): void {
    room.value?.close();
    room.value = createRoom(world, { room: wanted, name, ...(key === "" ? {} : { key }) });
  }

  if (form.value.name !== "") {
    byForm.value = false;
    bar.replace(addressOf(form.value.room, bar.read(), form.value.key));
    enter(form.value);
  }

  return {
    form,
    room,
    byForm,
    join(wanted) {
      const tidy = { name: wanted.name.trim(), room: tidyRoom(wanted.room), key: wanted.key };
      form.value = tidy;
      byForm.value = true;
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
