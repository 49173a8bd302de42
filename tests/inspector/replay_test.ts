// What is recorded of a call can be played again, and what has changed since is found.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inviteClientMachine, nonInviteClientMachine } from "../../machines/mod.ts";
import type { Entry } from "../../inspector/entry.ts";
import { fromJsonLines, toJsonLines } from "../../inspector/json_lines.ts";
import { Recorder } from "../../inspector/recorder.ts";
import { type RecordedCall, Recording } from "../../inspector/recording.ts";
import { regressionTest } from "../../inspector/regression.ts";
import { replay } from "../../inspector/replay.ts";
import { Exchange } from "../support/exchange.ts";
import { recordedCall } from "./recorded_call.ts";

/** What a caller does with a peer that the test plays. */
function recorded(play: (x: Exchange) => void): RecordedCall {
  const x = new Exchange();
  const recorder = new Recorder({ now: () => 1_700_000_000_000 + x.clock.now() });
  recorder.attach(x.core, "alice");
  play(x);
  x.clock.advance(70_000);
  const call = recorder.calls.find(({ callId }) => callId !== "");
  assert(call !== undefined);
  // As a file has it.
  const copy = fromJsonLines([...toJsonLines([call])].join("")).call(call.callId);
  assert(copy !== undefined);
  return copy;
}

const CALLS: Record<string, (x: Exchange) => void> = {
  "that is refused": (x) => {
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 486);
  },
  "that nobody answers": (x) => void x.invite(),
  "that is cancelled": (x) => {
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    request.cancel();
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(invite, 487);
  },
  "whose CANCEL crosses a 200": (x) => {
    const request = x.invite({
      onAccept: (response) => {
        response.ack();
        response.session.bye();
      },
    });
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    request.cancel();
    x.peer.respond(invite, 200);
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(x.peer.request("BYE"), 200);
  },
  "that forks": (x) => {
    x.invite({ onAccept: (response) => void response.ack() });
    const invite = x.peer.request("INVITE");
    for (const toTag of ["one", "two"]) x.peer.respond(invite, 180, { toTag });
    for (const toTag of ["two", "one"]) x.peer.respond(invite, 200, { toTag });
  },
  "that its program disposes of": (x) => x.invite().dispose(),
};

for (const [name, play] of Object.entries(CALLS)) {
  Deno.test(`a call ${name} goes again as it went`, () => {
    const { actors, steps, differences, unplayed } = replay(recorded(play));
    assertEquals(differences, []);
    assertEquals(unplayed, []);
    assert(actors > 0 && steps > 4);
  });
}

Deno.test("both sides of a call go again as they went", async () => {
  for (const call of (await recordedCall()).calls) {
    assertEquals(replay(call).differences, []);
    assertEquals(replay(call).unplayed, []);
  }
});

/** The recording with one of its entries changed, or without it. */
function changed(call: RecordedCall, change: (entry: Entry) => Entry | undefined): RecordedCall {
  const recording = new Recording();
  for (const entry of call.entries) {
    const other = change(entry);
    if (other === undefined) continue;
    // Numbered anew, since a gap would be something that was dropped.
    const { n: _, ...rest } = other;
    recording.add(rest);
  }
  const found = recording.call(call.callId);
  assert(found !== undefined);
  return found;
}

const REFUSED = recorded(CALLS["that is refused"] ?? (() => {}));

Deno.test("a state that is another one today is found, and where", () => {
  const last = REFUSED.entries.findLast((entry) => entry.kind === "transition");
  const call = changed(
    REFUSED,
    (entry) =>
      entry.kind === "transition" && entry.n === last?.n ? { ...entry, state: "x" } : entry,
  );
  const [difference, ...others] = replay(call).differences;
  assertEquals(others, []);
  assertEquals([difference?.n, difference?.machine, difference?.core], [
    last?.n,
    "inviteClient",
    "alice",
  ]);
  assertStringIncludes(difference?.expected ?? "", 'is in "x"');
  assertStringIncludes(difference?.found ?? "", '"transaction":"terminated"');
});

Deno.test("a delay that is another one today is found", () => {
  const call = changed(
    REFUSED,
    (entry) =>
      entry.kind === "timer" && entry.timer === "timerD" && entry.delay !== undefined
        ? { ...entry, delay: 1_000 }
        : entry,
  );
  const [difference] = replay(call).differences;
  assertEquals([difference?.expected, difference?.found], [
    "arms timerD for 1000 ms",
    "arms timerD for 32000 ms",
  ]);
});

Deno.test("what a machine does today beyond what was recorded is found", () => {
  const last = REFUSED.entries.findLast((entry) => entry.kind === "transition");
  const [difference] = replay(changed(REFUSED, (entry) => entry.n === last?.n ? undefined : entry))
    .differences;
  assertEquals(difference?.expected, "nothing more");
});

Deno.test("a timer that fires where none is armed, and one that should have fired, are found", () => {
  const early = changed(
    REFUSED,
    (entry) => entry.kind === "event" && entry.event === "response" ? undefined : entry,
  );
  assert(replay(early).differences.length > 0);
  const late = changed(
    recorded(CALLS["that nobody answers"] ?? (() => {})),
    (entry) =>
      entry.kind === "timer" && entry.timer === "timerA" && entry.delay === undefined
        ? undefined
        : entry,
  );
  assert(replay(late).differences.length > 0);
});

Deno.test("what cannot be played is said, and why", () => {
  const strange = changed(
    REFUSED,
    (entry) => "machine" in entry ? { ...entry, machine: "gone" } : entry,
  );
  assertEquals(replay(strange).unplayed.map(({ why }) => why), ["there is no such machine today"]);
  const begun = changed(REFUSED, (entry) => entry.kind === "start" ? undefined : entry);
  assertEquals(replay(begun).unplayed.map(({ why }) => why), [
    "the recording does not have its beginning",
  ]);
  assertEquals(
    replay({ ...REFUSED, dropped: 3 }).unplayed[0]?.why,
    "3 entries of the call were dropped",
  );
});

Deno.test("a machine that has changed since does not play as it did", () => {
  const other = nonInviteClientMachine.provide({});
  Object.defineProperty(other, "id", { value: inviteClientMachine.id });
  const { differences } = replay(REFUSED, { machines: [other] });
  assertEquals(differences.length, 1);
});

Deno.test("a test that is written passes as it is, and whatever stands in a message", async () => {
  const call = changed(
    REFUSED,
    (entry) =>
      entry.kind === "message"
        ? { ...entry, octets: new TextEncoder().encode("INVITE sip:`${1}`\\x */ SIP/2.0\r\n\r\n") }
        : entry,
  );
  const text = regressionTest([call], 'a "test"\nof */ ours');
  const file = await Deno.makeTempFile({
    dir: new URL(".", import.meta.url).pathname,
    suffix: "_written_test.ts",
  });
  try {
    await Deno.writeTextFile(file, text);
    const args = ["test", "-A", "-q", file];
    const { code } = await new Deno.Command(Deno.execPath(), {
      args,
      stdout: "null",
      stderr: "null",
    })
      .output();
    assertEquals(code, 0);
    const tampered = text.replace(
      '"timer":"timerB","delay":32000',
      '"timer":"timerB","delay":31000',
    );
    assert(tampered !== text);
    await Deno.writeTextFile(file, tampered);
    assertEquals(
      (await new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).output())
        .code,
      1,
    );
  } finally {
    await Deno.remove(file);
  }
});
