import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { safeSwitches } from "./support/chromium.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

async function strangerOrigin(): Promise<string> {
  const stranger = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>stranger</title>");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    stranger.close();
  });
  const address = stranger.address();
  if (address === null || typeof address === "string") throw new Error("The stranger's server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

test("the browser under test starts without switches that disable web security", () => {
  expect(safeSwitches().join(" ")).not.toMatch(
    /web-security|single-process|zygote|site-isolation|IsolateOrigins|site-per-process|insecure-content|sandbox/,
  );
});

test("a page of another origin can't read a response of the server", async () => {
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(await strangerOrigin());
  const read = (url: string): Promise<string> =>
    page.evaluate(async (address) => {
      try {
        return (await (await fetch(address)).text()).slice(0, 20);
      } catch (error) {
        return error instanceof TypeError ? "forbidden" : "another error";
      }
    }, url);
  expect(await read(`${stage.origin}/healthz`)).toBe("forbidden");
  expect(await read("/")).toContain("<!doctype html>");
});

test("the page's content security policy blocks requests to another origin", async () => {
  const other = await strangerOrigin();
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const answer = await page.goto(stage.origin);
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'self'");
  const blocked = await page.evaluate(async (address) => {
    const violation = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      });
    });
    await fetch(address).catch(() => null);
    return violation;
  }, other);
  expect(blocked).toBe("connect-src");
});
