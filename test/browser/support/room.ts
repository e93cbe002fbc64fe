import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE_MS } from "../../support/wait.ts";

/** Like `expect.poll`, with enough time for a browser on a busy machine. */
export function eventually<Value>(read: () => Value): ReturnType<typeof expect.poll<Awaited<Value>>> {
  return expect.poll(read, { timeout: PATIENCE_MS });
}

export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: /^Message #/ });
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** Returns the texts of the shown messages in order, without those in flight. */
export function texts(page: Page): Promise<string[]> {
  return page.locator(".message:not(.sending, .sent, .failed) .text").allTextContents();
}

/** Waits until the shown messages are exactly these. */
export async function expectTexts(page: Page, wanted: readonly string[]): Promise<void> {
  await eventually(() => texts(page)).toEqual(wanted);
}

/** Waits until a message is shown. */
export async function received(page: Page, text: string): Promise<void> {
  await page.locator(".message:not(.sending, .sent, .failed) .text").filter({ hasText: text }).first().waitFor();
}

/** Returns the button of a transport. */
export function radio(page: Page, transport: string): Locator {
  return page.locator(`[data-transport="${transport}"]`);
}

/** Switches and waits until the new transport is in use. */
export async function switchTo(page: Page, transport: string): Promise<void> {
  await radio(page, transport).click();
  await page.locator(`[data-transport="${transport}"][aria-checked="true"]`).waitFor();
}

/** Returns a room name that no other test uses. */
export function freshRoom(): string {
  return `room-${crypto.randomUUID().slice(0, 8)}`;
}
