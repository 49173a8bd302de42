// Passwords and HA1 are seen by nobody.
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Credentials,
  digestHA1,
  type InspectionEvent,
  InvalidArgumentError,
  StrowgerError,
  type TraceEntry,
  URI,
} from "@strowger/sip";
import { challenge } from "../../support/challenge.ts";
import { Exchange } from "../../support/exchange.ts";

const PASSWORD = "correct-horse-battery";
const HA1 = digestHA1("MD5", "alice", "biloxi.com", PASSWORD);
const SECRETS = [PASSWORD, HA1];

/** Every text that can be reached from a value by its properties, hidden ones, too, or in a map. */
function textsIn(value: unknown): Set<string> {
  const texts = new Set<string>();
  const seen = new Set<object>();
  const open: unknown[] = [value];
  for (let each = open.pop(); each !== undefined || open.length > 0; each = open.pop()) {
    if (typeof each === "string") texts.add(each);
    if ((typeof each !== "object" && typeof each !== "function") || each === null) continue;
    if (seen.has(each) || ArrayBuffer.isView(each)) continue;
    seen.add(each);
    if (each instanceof Map) open.push(...each.keys(), ...each.values());
    if (each instanceof Set) open.push(...each);
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(each))) {
      open.push(descriptor.value);
    }
  }
  return texts;
}

function assertSilent(what: string, value: unknown): void {
  const texts = [...textsIn(value), Deno.inspect(value, { depth: 5, strAbbreviateSize: 1e6 })];
  for (const secret of SECRETS) {
    assert(!texts.some((text) => text.includes(secret)), `${what} shows a secret`);
  }
}

for (
  const [kind, given] of [["password", { password: PASSWORD }], ["ha1", {
    ha1: { MD5: HA1 },
  }]] as const
) {
  Deno.test(`${kind}: no log, error, trace, inspection, request, session or core shows it`, () => {
    const inspected: InspectionEvent[] = [];
    const traced: TraceEntry[] = [];
    const logged: string[] = [];
    const log = (line: string): void => void logged.push(line);
    const credentials: Credentials[] = [{ realm: "biloxi.com", username: "alice", ...given }];
    const x = new Exchange({
      configuration: {
        credentials,
        inspect: (event) => void inspected.push(event),
        trace: (entry) => void traced.push(entry),
        logger: { debug: log, warn: log },
      },
    });
    const request = x.invite();
    const headers = [challenge({ qop: "auth" })];
    x.peer.respond(x.peer.request("INVITE"), 401, { headers });
    x.peer.respond(x.peer.request("INVITE"), 200);
    const session = x.lastSession();
    assert(x.peer.request("INVITE").hasHeader("Authorization"));
    assertSilent("the core", x.core);
    assertSilent("the configuration", x.core.configuration);
    assertSilent("the request", request);
    assertSilent("the session", session);
    session.bye();
    x.peer.respond(x.peer.request("BYE"), 401, { headers: [challenge({ nonce: "n2" })] });
    x.peer.respond(x.peer.request("BYE"), 401, { headers: [challenge({ nonce: "n3" })] });
    x.finish();
    assertSilent("the core afterwards", x.core);
    assertSilent("errors", x.errors);
    assertSilent("the log", logged);
    const wire = traced.map(({ bytes }) => new TextDecoder().decode(bytes));
    assert(wire.length > 5);
    assertSilent("the wire", wire);
    const snapshots = inspected.map((event) => [event.type, "event" in event && event.event]);
    assert(snapshots.length > 20);
    assertSilent("inspection", snapshots);
    const machines = inspected.map((event) => "snapshot" in event ? event.snapshot : undefined);
    assertSilent("snapshots", machines.filter((each) => each !== undefined));
  });
}

Deno.test("the core's configuration is what it was made from, without credentials", () => {
  const userAgentHeaderFieldValue = "test";
  const x = new Exchange({
    configuration: {
      userAgentHeaderFieldValue,
      credentials: [{ username: "alice", password: PASSWORD }],
    },
  });
  assertEquals(x.core.configuration.userAgentHeaderFieldValue, userAgentHeaderFieldValue);
  assertEquals(x.core.configuration.credentials, undefined);
  x.finish();
});

for (
  const [field, credentials] of [
    ["credentials[0].password", { username: "a" }],
    ["credentials[0].password", { username: "a", password: PASSWORD, ha1: { MD5: HA1 } }],
    ["credentials[0].password", { username: "a", password: `${PASSWORD}\r\n` }],
    ["credentials[0].password", { username: "a", password: 5 }],
    ["credentials[0].username", { password: PASSWORD }],
    ["credentials[0].username", { username: "a\nb", password: PASSWORD }],
    ["credentials[0].realm", { realm: "a\0", username: "a", password: PASSWORD }],
    ["credentials[0].ha1.MD5", { username: "a", ha1: { MD5: PASSWORD } }],
    ["credentials[0].ha1.SHA-256", { username: "a", ha1: { "SHA-256": HA1 } }],
    ["credentials[0].ha1", { username: "a", ha1: {} }],
    ["credentials[0].aor", { username: "a", password: PASSWORD, aor: "sip:alice@alice.example" }],
  ] as const
) {
  Deno.test(`credentials that make no sense: ${field}, ${Object.keys(credentials)}`, () => {
    const make = () =>
      new Exchange({ configuration: { credentials: [credentials as unknown as Credentials] } });
    const error = assertThrows(make, InvalidArgumentError);
    assert(error instanceof StrowgerError);
    assertEquals(error.field, field);
    assertSilent("the error", error);
  });
}

for (
  const [field, configuration] of [
    ["credentials", { credentials: { username: "a", password: PASSWORD } }],
    ["credentials[0]", { credentials: [null] }],
    ["digestAlgorithms", { digestAlgorithms: "MD5" }],
    ["digestAlgorithms", { digestAlgorithms: ["SHA-1"] }],
    ["digestAlgorithms", { credentials: [], digestAlgorithms: [] }],
    ["digestAlgorithms", { credentials: [], digestAlgorithms: ["SHA-1"] }],
  ] as const
) {
  Deno.test(`a configuration that makes no sense: ${field}`, () => {
    const make = () => new Exchange({ configuration: configuration as unknown as object });
    assertEquals(assertThrows(make, InvalidArgumentError).field, field);
  });
}

Deno.test("credentials that are changed after the core was made change nothing", () => {
  const credentials = [{ realm: "biloxi.com", username: "alice", password: PASSWORD }];
  const x = new Exchange({ configuration: { credentials } });
  credentials.length = 0;
  const uri = URI.parse("sip:alice@bob.example");
  x.core.register(x.core.makeOutgoingRequestMessage("REGISTER", uri, uri, uri), x.recorder({}));
  x.peer.respond(x.peer.request("REGISTER"), 401, { headers: [challenge()] });
  assert(x.peer.request("REGISTER").hasHeader("Authorization"));
  x.peer.respond(x.peer.request("REGISTER"), 200);
  x.finish();
});
