import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * Returns axe's findings as `rule: selector`, for the whole page or the parts that match `parts`. Uses `evaluate`
 * because the page's policy refuses script tags.
 */
export async function violations(page: Page, parts: readonly string[] = []): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (selectors) => {
    const tool: unknown = Reflect.get(globalThis, "axe");
    const run: unknown = typeof tool === "object" && tool !== null ? Reflect.get(tool, "run") : null;
    if (typeof run !== "function") return ["axe did not load"];
    const where = selectors.length === 0 ? document : { include: selectors.map((selector) => [selector]) };
    const { violations: found } = await run.call(tool, where, { resultTypes: ["violations"] });
    const lines: string[] = [];
    for (const { id, nodes } of found) for (const { target } of nodes) lines.push(`${id}: ${target.join(" ")}`);
    return lines;
  }, parts);
}
