// A recorder: what it records of a call, what it hides, and what it forgets.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, type UserAgentCoreConfiguration } from "@strowger/sip";
import type { Entry } from "../../inspector/entry.ts";
import { Recorder, type RecorderOptions } from "../../inspector/recorder.ts";
import { MemoryNetwork } from "../../transports/memory.ts";
import { machinesOf } from "../../docs/draw.ts";
import { Exchange } from "../support/exchange.ts";
import { recordedCall } from "./recorded_call.ts";

function recorded(options: RecorderOptions = {}, given: Partial<UserAgentCoreConfiguration> = {}) {
  const recorder = new Recorder({ now: () => 1_700_000_000_000, ...options });
  // The exchange has transports of its own.
  const watched = recorder.watch({ transports: [], ...given }, "alice");
  const { transports: _, ...configuration } = watched;
  return { recorder, x: new Exchange({ configuration }) };
}

/** The method, or the status code. */
function wordsOf(octets: Uint8Array): string {
  const [first = "", second = ""] = new TextDecoder().decode(octets).split(/ |\r/);
  return first === "SIP/2.0" ? second : first;
}

/** An entry in a few words. */
function say(entry: Entry): string {
  switch (entry.kind) {
    case "message":
      return `${entry.direction} ${wordsOf(entry.octets)}`;
    case "start":
      return `start ${entry.machine}`;
    case "event":
      return `${entry.machine} ${entry.event}${
        entry.status === undefined ? "" : ` ${entry.status}`
      }`;
    case "transition":
      return `${entry.machine} to ${entry.edges.flatMap(({ targets }) => targets)}`;
    case "timer":
      return `${entry.timer} ${entry.delay ?? "fires"}`;
    case "delegate":
      return entry.method;
    case "error":
      return `error ${entry.code}`;
  }
}

Deno.test("everything that happens in a call is recorded, in order", () => {
  const { recorder, x } = recorded();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.clock.advance(500);
  x.peer.respond(invite, 180);
  x.peer.respond(invite, 486);
  const call = recorder.call(invite.callId);
  const entries = call?.entries ?? [];
  assertEquals(call?.dropped, 0);
  assertEquals(entries.map(({ n }) => n), entries.map((_, n) => n));
  const said = entries.map(say);
  const expected = [
    "out INVITE",
    "timerB 32000",
    "timerA 500",
    "timerA fires",
    "out INVITE",
    "in 180",
    "inviteClient response 180",
    "session to session.dialog.early",
    "onProgress",
    "in 486",
    "inviteClient response 486",
    "out ACK",
    "onReject",
    "timerD 32000",
  ];
  assertEquals(said.filter((line) => expected.includes(line)), expected);
  x.clock.advance(32_000);
  assertEquals(recorder.call(invite.callId)?.entries.at(-2)?.kind, "timer");
});

Deno.test("a transition names the edge that was taken, and the state that it leads to", () => {
  const { recorder, x } = recorded();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const taken = recorder.call(invite.callId)?.entries.filter((entry) =>
    entry.kind === "transition"
  );
  const last = taken?.findLast(({ machine }) => machine === "inviteClient");
  assertEquals(last?.edges.map(({ source, event, targets }) => [source, event, ...targets]), [
    ["inviteClient.cancellation.none", "response", "inviteClient.cancellation.possible"],
    ["inviteClient.transaction.calling", "response", "inviteClient.transaction.proceeding"],
  ]);
  assertEquals(last?.state, { cancellation: "possible", transaction: "proceeding" });
  x.core.dispose();
});

Deno.test("what a transition names is what the diagram of its machine has", async () => {
  const machines = new Map(machinesOf().map((machine) => [machine.id, machine]));
  let count = 0;
  for (const { entries } of (await recordedCall()).calls) {
    for (const entry of entries) {
      if (entry.kind !== "transition") continue;
      const machine = machines.get(entry.machine);
      assert(machine !== undefined, entry.machine);
      for (const { source, event, index, targets } of entry.edges) {
        count++;
        const node = machine.getStateNodeById(source);
        const siblings = event === "" ? node.always : node.transitions.get(event);
        assertEquals(siblings?.[index]?.target?.map(({ id }) => id) ?? [], targets);
      }
    }
  }
  assert(count > 20);
});

Deno.test("a message has where it comes from and goes to, by what, and its octets", () => {
  const { recorder, x } = recorded({ withoutMachines: true });
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  const messages = recorder.call(invite.callId)?.entries.filter((e) => e.kind === "message") ?? [];
  const alice = { host: "alice.example", port: 5060 };
  const bob = { host: "bob.example", port: 5060 };
  assertEquals(
    messages.map(({ octets: _, ...rest }) => rest),
    [
      { source: alice, destination: bob, direction: "out" as const },
      { source: bob, destination: alice, direction: "in" as const },
      { source: alice, destination: bob, direction: "out" as const },
    ].map((each, i) => ({
      ...each,
      callId: invite.callId,
      core: "alice",
      kind: "message" as const,
      n: [0, 1, 2][i] ?? -1,
      protocol: "UDP",
      time: 1_700_000_000_000,
    })),
  );
  assert((messages[0]?.octets.length ?? 0) > 300);
  x.clock.advance(40_000);
});

Deno.test("a core is recorded from the time at which somebody comes, and to where he goes", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  const recorder = new Recorder();
  const detach = recorder.attach(x.core, "alice");
  x.peer.respond(invite, 180);
  detach();
  x.peer.respond(invite, 486);
  const said = recorder.call(invite.callId)?.entries.map(say) ?? [];
  assertEquals(said.filter((line) => !line.startsWith("session")), [
    "in 180",
    "inviteClient response 180",
    "inviteClient to inviteClient.cancellation.possible,inviteClient.transaction.proceeding",
    "start session",
    "onProgress",
  ]);
  x.clock.advance(40_000);
});

Deno.test("a machine's input, what comes with its events and what it emits are recorded", () => {
  const { recorder, x } = recorded();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { toTag: "b1" });
  const entries = (recorder.call(invite.callId)?.entries ?? [])
    .filter((entry) => "machine" in entry && entry.machine === "inviteClient");
  const [start] = entries.filter((entry) => entry.kind === "start");
  assertEquals(start?.input, { T1: 500, T2: 4000, T4: 5000, reliable: false });
  assertEquals(start?.emitted, [{ type: "transmit" }]);
  const [event] = entries.filter((entry) => entry.kind === "event");
  assertEquals([event?.event, event?.status, event?.data], ["response", 180, {
    toTag: "b1",
    retriable: false,
  }]);
  const taken = entries.findLast((entry) => entry.kind === "transition");
  assertEquals(taken?.emitted, [{ type: "progress" }]);
  x.core.dispose();
});

Deno.test("credentials are not recorded, nor what else is named, in any form", () => {
  const { recorder, x } = recorded({ redact: ["X-Token", "Subject", "_mine"] });
  x.invite({}, {
    extraHeaders: [
      "Authorization: Digest username=alice, response=secret1",
      "x-token: secret2 secret3",
      "s: secret4",
      "Proxy-Authorization: Digest response=secret5",
      "_Mine: secret7",
      "X-Tokens: shown",
    ],
    body: {
      contentDisposition: "session",
      contentType: "application/sdp",
      content: "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret6\r\na=sendrecv\r\n",
    },
  });
  const invite = x.peer.request("INVITE");
  const [entry] = recorder.call(invite.callId)?.entries.filter((e) => e.kind === "message") ?? [];
  const text = new TextDecoder().decode(entry?.octets);
  assertEquals(/secret\d/.exec(text), null);
  assert(text.includes("\r\nX-Tokens: shown\r\n"));
  assert(text.includes("\r\nx-token: ******* *******\r\n"));
  assert(text.endsWith("\r\na=sendrecv\r\n"));
  // What went out is what the program has asked for.
  assertEquals(invite.getHeader("X-Token"), "secret2 secret3");
  x.peer.respond(invite, 486);
  x.clock.advance(40_000);
});

Deno.test("what cannot be understood is recorded, too, and belongs to no call", () => {
  const { recorder, x } = recorded();
  x.peer.send("nonsense\r\n\r\n");
  assertEquals(recorder.call("")?.entries.map(say).at(-1), "in nonsense");
});

Deno.test("an error is recorded with its call, and goes on to where it went before", () => {
  const seen: [string, string | undefined][] = [];
  const onError: UserAgentCoreConfiguration["onError"] = (error, callId) =>
    void seen.push([error.code, callId]);
  const { recorder, x } = recorded({}, { onError });
  x.invite({
    onReject: () => {
      throw new Error("a guest's mistake");
    },
  });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  assertEquals(seen, [["delegate", invite.callId]]);
  const said = recorder.call(invite.callId)?.entries.map(say) ?? [];
  assertEquals(said.slice(said.indexOf("onReject"))[1], "error delegate");
  x.clock.advance(40_000);
});

Deno.test("what is in a configuration already is called as before", () => {
  const seen: string[] = [];
  const { x } = recorded({}, {
    trace: () => void seen.push("trace"),
    observers: [{ delegateCall: ({ name }) => void seen.push(name) }],
  });
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  for (const name of ["trace", "onReject"]) assert(seen.includes(name), name);
  x.clock.advance(40_000);
});

Deno.test("an observer that throws changes nothing in the protocol, and is logged", () => {
  const fail = () => {
    throw new Error("a guest's mistake");
  };
  const lines: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (line: string) => void lines.push(line),
    error: () => {},
  };
  const observers = [{ delegateCall: fail, message: fail, step: fail, error: fail }];
  const x = new Exchange({ configuration: { logger, observers } });
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  assertEquals(x.errors, []);
  assertEquals(new Set(lines), new Set(["an observer failed: Error: a guest's mistake"]));
  x.clock.advance(40_000);
});

Deno.test("two cores in one recording are told apart", () => {
  const network = new MemoryNetwork();
  const recorder = new Recorder({ withoutMachines: true });
  for (const host of ["alice.example", "bob.example"]) {
    recorder.watch({ transports: [network.transport({ host, port: 5060 })] })
      .observers?.[0]?.delegateCall?.({ name: "onInvite", callId: "1" });
  }
  assertEquals(recorder.call("1")?.entries.map(({ core }) => core), ["core 1", "core 2"]);
});

Deno.test("names and limits that make no sense are refused", () => {
  assertThrows(() => new Recorder({ redact: ["X Token"] }), InvalidArgumentError, "redact");
  assertThrows(() => new Recorder({ redact: [""] }), InvalidArgumentError, "redact");
  assertThrows(() => new Recorder({ maxCalls: 0 }), InvalidArgumentError, "maxCalls");
  assertThrows(() => new Recorder({ maxOctets: NaN }), InvalidArgumentError, "maxOctets");
});
