// The page in a real browser: a call that SIPp makes, thousands of actors, a recording that is played.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { inspect } from "../../inspector/live.ts";
import { servePage } from "../../inspector/page/page_server.ts";
import { Player } from "../../inspector/page/player.ts";
import { Recording } from "../../inspector/recording.ts";
import { UdpTransport } from "../../transports/udp.ts";
import { Chromium, hasBrowser, type Page } from "./browser.ts";
import { recordedCall } from "./recorded_call.ts";

function browserTest(name: string, test: (chromium: Chromium) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasBrowser(),
    // A browser has things of its own open until it is closed.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using chromium = await Chromium.start();
      await test(chromium);
      assertEquals(chromium.complaints, []);
    },
  });
}

/** Calls, and hangs up after half a second. */
async function sipp(port: number): Promise<void> {
  const args = ["-sn", "uac", `127.0.0.1:${port}`, "-i", "127.0.0.1", "-m", "1", "-d", "500"];
  const options = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const child = new Deno.Command("sipp", { args: [...args, "-nostdin"], ...options }).spawn();
  const timeout = setTimeout(() => child.kill("SIGKILL"), 20_000);
  assertEquals((await child.status).code, 0);
  clearTimeout(timeout);
}

/** Every text that an element has had, from now on. */
async function follow(page: Page, selector: string): Promise<() => Promise<string[]>> {
  await page.evaluate((selector: string) => {
    const { document, MutationObserver } = globalThis as unknown as BrowserGlobals;
    const element = document.querySelector(selector);
    const texts: string[] = [];
    (globalThis as Record<string, unknown>).followed = texts;
    new MutationObserver(() => texts.push(element.textContent))
      .observe(element, { childList: true, characterData: true, subtree: true });
  }, selector);
  return () => page.evaluate(() => (globalThis as unknown as { followed: string[] }).followed);
}

interface BrowserGlobals {
  document: { querySelector(selector: string): { textContent: string } };
  MutationObserver: new (run: () => void) => { observe(element: unknown, what: unknown): void };
}

browserTest("a call by SIPp is seen through all its states", async (chromium) => {
  const udp = await UdpTransport.listen({ host: "127.0.0.1" });
  const core = new UserAgentCore({ transports: [udp] }, {
    onInvite(request) {
      setTimeout(() => request.progress(), 2_000);
      setTimeout(() => request.accept(), 3_500);
    },
  });
  await using inspection = await inspect(core, { port: 0, name: "desk" });
  const page = await chromium.open(inspection.url);
  const calling = sipp(udp.local.port);
  await page.locator(".actor", { hasText: /^inviteServer/ }).click();
  await page.waitForSelector("#chart [data-state='inviteServer.proceeding']:is(.lit, .within)");
  const news = await follow(page, "#news");
  await page.waitForSelector(".arrow:has-text('180 Ringing')");
  await page.waitForSelector("#chart [data-state='inviteServer.accepted'].lit");
  await page.waitForSelector(".arrow:has-text('200 OK (BYE)')");
  await calling;
  await page.locator("#tabs button", { hasText: "session" }).click();
  await page.waitForSelector("#chart [data-state='session.dialog.terminated'].lit");
  const said = (await news()).join("\n");
  for (const state of ["dialog early", "dialog confirmed", "dialog terminated"]) {
    assert(said.includes(state), `${state} is said`);
  }
  const labels = await page.locator(".arrow span").allInnerTexts();
  assertEquals(
    labels,
    ["INVITE", "180 Ringing", "200 OK", "ACK", "BYE", "200 OK (BYE)"].flatMap(
      (label) => label === "INVITE" ? [label, "100 Trying"] : [label],
    ),
  );
  await core.dispose();
});

browserTest(
  "a message is opened with its headers explained, and closed by Escape",
  async (chromium) => {
    const recording = await recordedCall();
    await using served = await servePage({ recording });
    const page = await chromium.open(served.url);
    await page.locator(".actor").first().click();
    await page.locator(".arrow").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#message dt");
    assertMatch(await page.locator("#message-title").innerText(), /^INVITE sip:bob@/);
    assertMatch(await page.locator("#message").innerText(), /CSeq: .*\n.*RFC 3261 §20\.16/);
    await page.keyboard.press("Escape");
    assertEquals(await page.locator("#message-pane").isVisible(), false);
    assertEquals(await page.evaluate("document.activeElement.className.includes('arrow')"), true);
  },
);

browserTest("the list is searched, filtered, and walked through by keys", async (chromium) => {
  await using served = await servePage({ recording: await recordedCall() });
  const page = await chromium.open(served.url);
  await page.waitForSelector(".actor");
  const all = await page.locator(".actor").count();
  await page.keyboard.press("/");
  await page.keyboard.type("session");
  await page.locator(".actor").nth(all - 1).waitFor({ state: "detached" });
  assertEquals(await page.locator(".actor").count(), 2);
  await page.keyboard.press("Tab");
  await page.locator("#list").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.waitForSelector("[aria-selected='true'][aria-posinset='2']");
  await page.locator("#failed").check();
  await page.waitForSelector("#nothing:not([hidden])");
});

browserTest("of 5,000 actors those in sight are drawn, and frames stay short", async (chromium) => {
  const recording = new Recording({ maxCalls: 10_000 });
  const add = (i: number, state: string) =>
    recording.add({
      kind: "start",
      callId: `call-${i}`,
      time: i,
      actor: `x${i}`,
      machine: "nonInviteClient",
      state,
    });
  for (let i = 0; i < 5_000; i++) add(i, "pending");
  await using served = await servePage({ recording });
  const page = await chromium.open(served.url);
  await page.waitForSelector(".actor");
  assertEquals(await page.locator("#count").innerText(), "5000");
  assert(await page.locator(".actor").count() < 40, "few rows are in the document");
  const longest = page.evaluate(`new Promise((resolve) => {
    let last = performance.now(), most = 0, frames = 0;
    const list = document.getElementById("list");
    requestAnimationFrame(function next() {
      const now = performance.now();
      most = Math.max(most, now - last);
      last = now;
      list.scrollTop += 2000;
      if (++frames < 60) requestAnimationFrame(next); else resolve(most);
    });
  })`);
  for (let i = 0; i < 5_000; i++) add(i, "completed");
  assert(await longest as number < 1_000, `a frame took ${await longest} ms`);
  await page.locator("#search").fill("call-4999");
  await page.waitForSelector(".actor:has-text('completed')");
});

browserTest("a recording is played, stepped through and wound back", async (chromium) => {
  const player = new Player((await recordedCall()).calls);
  await using served = await servePage({ recording: player.recording, player });
  const page = await chromium.open(served.url);
  await page.waitForSelector("#player:not([hidden])");
  player.request({ time: player.position.end });
  await page.locator(".actor", { hasText: /^inviteClient/ }).click();
  await page.waitForSelector(".arrow:has-text('200 OK (BYE)')");
  await page.locator("#time").fill("0");
  await page.locator(".arrow").nth(1).waitFor({ state: "detached" });
  const { at } = player.position;
  for (const step of [at + 1, at + 2]) {
    await page.locator("#forward").click();
    await page.waitForSelector(`#position:has-text("step ${step} of")`);
  }
  await page.locator("#back").click();
  await page.waitForSelector(`#position:has-text("step ${at + 1} of")`);
  await page.locator("#speed").selectOption("20");
  await page.locator("#play").click();
  await page.waitForSelector(".arrow:has-text('200 OK (BYE)')");
});

browserTest(
  "a page of any width and colour shows everything without scrolling sideways",
  async (chromium) => {
    await using served = await servePage({ recording: await recordedCall() });
    for (const [width, colorScheme] of [[360, "light"], [360, "dark"], [1400, "dark"]] as const) {
      const page = await chromium.open(served.url, { width, height: 740, colorScheme });
      await page.locator(".actor").first().click();
      await page.waitForSelector("#chart svg");
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      assertEquals(background === "rgb(255, 255, 255)", colorScheme === "light");
      await page.close();
    }
  },
);

browserTest(
  "a call is cancelled and hung up from the page only where that is allowed",
  async (chromium) => {
    const udp = await UdpTransport.listen({ host: "127.0.0.1" });
    const core = new UserAgentCore({ transports: [udp] }, {
      onInvite: (request) => void request.accept(),
    });
    await using inspection = await inspect(core, { port: 0, allow: ["hangUp"] });
    const page = await chromium.open(inspection.url);
    const { message } = core.invite(
      core.makeOutgoingRequestMessage(
        "INVITE",
        ...callee(udp.local.port),
      ),
      { onAccept: (response) => void response.ack() },
    );
    await page.locator(".actor", { hasText: "confirmed" }).first().click();
    await page.locator("#hangUp").click();
    await page.waitForSelector(".arrow:has-text('BYE')");
    assertEquals(await page.locator("#cancel").isVisible(), false);
    const { origin } = new URL(inspection.url);
    const path = `${origin}/calls/${message.callId}/cancel`;
    const refused = await fetch(path, { method: "POST", headers: { origin } });
    assertEquals([refused.status, (await refused.json()).error], [
      403,
      "cancel is not allowed here",
    ]);
    await core.dispose();
  },
);

function callee(port: number): [URI, URI, URI] {
  const uri = URI.parse(`sip:bob@127.0.0.1:${port}`);
  return [uri, uri, uri];
}
