// Who may see the page, what it is told, and what of it stays behind: nothing.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InvalidArgumentError } from "@strowger/sip";
import { type Page, type PageOptions, servePage } from "../../inspector/page/page_server.ts";
import { Player } from "../../inspector/page/player.ts";
import { Recording } from "../../inspector/recording.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { recordedCall } from "./recorded_call.ts";

const TOKEN = "a-token-of-some-length";

async function served(options: Partial<PageOptions>, test: (page: Page) => Promise<void>) {
  await using page = await servePage({ recording: new Recording(), ...options });
  await test(page);
}

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(url, init);
  await answer.body?.cancel();
  return answer.status;
}

/** A request whose Host is another one, which fetch does not send. */
async function statusWithHost(url: string, host: string): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(
    new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
  );
  const octets = new Uint8Array(64);
  const count = await connection.read(octets) ?? 0;
  return new TextDecoder().decode(octets.subarray(0, count)).slice(0, 12);
}

Deno.test("a host that others reach needs a token", async () => {
  const recording = new Recording();
  await assertRejects(
    () => servePage({ recording, host: "0.0.0.0" }),
    InvalidArgumentError,
    "0.0.0.0 is not this machine only",
  );
  await assertRejects(() => servePage({ recording, token: "short" }), InvalidArgumentError);
});

Deno.test("with a token, nothing is shown without it; the cookie that it makes will do", () =>
  served({ token: TOKEN }, async ({ url }) => {
    const { origin } = new URL(url);
    assertEquals(await statusOf(origin), 403);
    assertEquals(await statusOf(`${origin}/?token=${TOKEN.slice(1)}x`), 403);
    assertEquals(await statusOf(`${origin}/events`), 403);
    const answer = await fetch(url);
    await answer.body?.cancel();
    assertEquals(answer.status, 200);
    const cookie = answer.headers.get("set-cookie") ?? "";
    assertMatch(cookie, /HttpOnly; SameSite=Strict/);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    assertEquals(await statusOf(`${origin}/page/main.js`, { headers }), 200);
  }));

Deno.test("a name of another site that points here is refused", () =>
  served({}, async ({ url }) => {
    assertEquals(await statusWithHost(url, "evil.example"), "HTTP/1.1 403");
    assertEquals(await statusWithHost(url, "localhost"), "HTTP/1.1 200");
  }));

Deno.test("another site may not do anything here", () =>
  served({ allow: ["cancel"], endCall: () => true }, async ({ url }) => {
    const path = new URL("/calls/x/cancel", url).href;
    assertEquals(await statusOf(path, { method: "POST" }), 403);
    const headers = { origin: "http://evil.example" };
    assertEquals(await statusOf(path, { method: "POST", headers }), 403);
    const mine = { origin: new URL(url).origin };
    assertEquals(await statusOf(path, { method: "POST", headers: mine }), 409);
  }));

Deno.test("only the page's own files are served, and only what may be asked is answered", () =>
  served({ recording: new Recording() }, async ({ url }) => {
    const at = (path: string) => new URL(path, url).href;
    for (const path of ["/", "/page/style.css", "/machines/session.svg"]) {
      assertEquals(await statusOf(at(path)), 200, path);
    }
    for (
      const path of [
        "/page/../live.ts",
        "/page/%2e%2e/live.ts",
        "/page/none.js",
        "/machines/none.svg",
        "/calls/x/messages/0",
        "/calls/%ff/events",
        "/%",
      ]
    ) assert([400, 404].includes(await statusOf(at(path))), path);
    assertEquals(await statusOf(url, { method: "DELETE" }), 405);
    const policy = (await fetch(url).then(async (answer) => {
      await answer.body?.cancel();
      return answer.headers.get("content-security-policy");
    })) ?? "";
    assertMatch(policy, /default-src 'self'/);
  }));

/** The events of a stream, until a test has seen enough. */
async function* eventsOf(url: string): AsyncGenerator<{ name: string; data: unknown }> {
  const aborter = new AbortController();
  const answer = await fetch(url, { signal: aborter.signal });
  try {
    let text = "";
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const found = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end));
        text = text.slice(end + 2);
        if (found !== null) yield { name: found[1] ?? "", data: JSON.parse(found[2] ?? "") };
      }
    }
  } finally {
    aborter.abort();
  }
}

Deno.test("5,000 things that happen at once are told in one event", async () => {
  const recording = new Recording({ maxCalls: 10_000 });
  await served({ recording }, async ({ url }) => {
    const seen: number[] = [];
    for await (const { name, data } of eventsOf(new URL("/events", url).href)) {
      if (name !== "actors") continue;
      const { actors } = data as { actors: unknown[] };
      seen.push(actors.length);
      if (seen.length === 2) break;
      for (let i = 0; i < 5_000; i++) {
        const of = { callId: `${i}`, time: i, actor: `x${i}`, machine: "nonInviteClient" };
        recording.add({ kind: "start", ...of, state: "pending" });
      }
    }
    assertEquals(seen, [0, 5_000]);
  });
});

Deno.test("what a recording has forgotten is forgotten here, too, where nobody looks", async () => {
  const recording = new Recording({ maxCalls: 10 });
  await served({ recording }, async ({ url }) => {
    for (let i = 0; i < 1_000; i++) {
      const of = { callId: `${i}`, time: i, actor: `x${i}`, machine: "nonInviteClient" };
      recording.add({ kind: "start", ...of, state: "pending" });
    }
    for await (const { name, data } of eventsOf(new URL("/events", url).href)) {
      if (name !== "actors") continue;
      assertEquals((data as { actors: unknown[] }).actors.length, 10);
      break;
    }
  });
});

Deno.test("a call that a recording has forgotten leaves the list", async () => {
  const recording = new Recording({ maxCalls: 1 });
  const add = (callId: string) =>
    recording.add({
      kind: "start",
      callId,
      time: 0,
      actor: `of ${callId}`,
      machine: "nonInviteClient",
      state: "pending",
    });
  add("first");
  await served({ recording }, async ({ url }) => {
    for await (const { name, data } of eventsOf(new URL("/events", url).href)) {
      const { reset, removed } = data as { reset?: boolean; removed?: string[] };
      if (name !== "actors") continue;
      if (reset) add("second");
      else {
        assertEquals(removed, ["of first"]);
        break;
      }
    }
  });
});

Deno.test("a call is told with its machines, its timers and its ladder", async () => {
  const recorder = await recordedCall();
  const call = recorder.calls.find(({ callId }) => callId !== "");
  await served({ recording: recorder }, async ({ url }) => {
    const path = `/calls/${call?.callId}/events`;
    for await (const { name, data } of eventsOf(new URL(path, url).href)) {
      assertEquals(name, "call");
      const { actors, ladder } = data as {
        actors: { machine: string; isOver: boolean; timers: unknown[] }[];
        ladder: { rows: { label?: string }[] };
      };
      assertEquals(actors.length, 6);
      assert(actors.every(({ isOver, timers }) => isOver && timers.length === 0));
      assertEquals(ladder.rows.flatMap(({ label }) => label ?? []), [
        "INVITE",
        "180 Ringing",
        "200 OK",
        "ACK",
        "BYE",
        "200 OK (BYE)",
      ]);
      break;
    }
  });
});

Deno.test("a player steps, seeks, plays at a speed, and stops at the end", async () => {
  const clock = new VirtualClock();
  const player = new Player((await recordedCall()).calls, clock);
  const { begin, end, entries } = player.position;
  player.request({ step: 3 });
  assertEquals(player.position.at, 3);
  player.request({ step: -1 });
  assertEquals(player.position.at, 2);
  assertEquals(player.recording.calls.flatMap((call) => call.entries).length, 2);
  player.request({ time: begin + 1_050 });
  const before = player.position.at;
  assert(before > 2 && before < entries);
  player.request({ play: true, speed: 10 });
  clock.advance(50);
  assertEquals(player.position.time, begin + 1_550);
  clock.advance(60_000);
  assertEquals([player.position.at, player.position.time, player.position.isPlaying], [
    entries,
    end,
    false,
  ]);
  player.request({ time: -1, speed: -1, step: NaN });
  assertEquals([player.position.time, player.position.speed], [begin, 10]);
  assertEquals(clock.pending, 0);
});
