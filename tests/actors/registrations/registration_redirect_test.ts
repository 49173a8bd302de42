import { assertEquals } from "@std/assert";
import { URI } from "@strowger/sip";
import type { ScriptedPeer } from "../../support/scripted_peer.ts";
import { Registering } from "../../support/registering.ts";

const CREDENTIALS = { credentials: [{ username: "alice", password: "wonderland" }] };
const CHALLENGE = { headers: [`WWW-Authenticate: Digest realm="a", nonce="n"`] };

/** Answers the last REGISTER that came to a registrar. */
function grant(peer: ScriptedPeer, seconds = 60): void {
  const register = peer.request("REGISTER");
  const contact = `${register.getHeader("Contact")};expires=${seconds}`;
  peer.respond(register, 200, { contact });
}

/** A registration whose registrar refers to others. */
function refer(x: Registering, ...contacts: string[]): void {
  x.peer.respond(x.last, 302, { contact: contacts.join(", ") });
}

Deno.test("registration: who is referred to another registrar goes there, and stays", () => {
  const x = new Registering();
  const other = x.peerAt("other.example");
  x.register();
  refer(x, "<sip:other.example>");
  const register = other.request("REGISTER");
  assertEquals(`${register.ruri}`, "sip:other.example");
  assertEquals([register.callId, register.cseq], [x.last.callId, 2]);
  assertEquals(`${register.to.uri}`, "sip:alice@bob.example");
  grant(other);
  x.clock.advance(30_000);
  assertEquals(x.takeEvents(), [
    "REGISTER",
    "other.example REGISTER",
    "flow open",
    "onRegistered 200",
    "other.example REGISTER",
  ]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: when that one is gone, the registrar is asked again", () => {
  const x = new Registering();
  const other = x.peerAt("other.example");
  x.register();
  refer(x, "<sip:other.example>");
  grant(other);
  x.clock.advance(30_000);
  x.takeEvents();
  other.respond(other.request("REGISTER"), 503);
  assertEquals(x.takeEvents(), ["flow backingOff", "onFailed, again later, 503"]);
  x.clock.advance(x.assertWait(60_000));
  assertEquals(x.takeEvents().filter((each) => !each.startsWith("flow")), [
    "onUnregistered",
    "REGISTER",
  ]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: several are asked in the order of q, each once (§8.1.3.4)", () => {
  const x = new Registering();
  const [a, b, c] = ["a.example", "b.example", "c.example"].map((host) => x.peerAt(host));
  x.register();
  refer(x, "<sip:c.example>;q=0.1", "<sip:a.example>;q=0.9", "<sip:b.example>;q=0.5");
  a?.respond(a.request("REGISTER"), 503);
  // It refers back to one that was asked.
  b?.respond(b.request("REGISTER"), 302, { contact: "<sip:a.example>" });
  if (c !== undefined) grant(c);
  assertEquals(x.takeEvents(), [
    "REGISTER",
    "a.example REGISTER",
    "b.example REGISTER",
    "c.example REGISTER",
    "flow open",
    "onRegistered 200",
  ]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: registrars that refer to one another come to an end", () => {
  const x = new Registering();
  let count = 0;
  x.peer.script = (message) => {
    if (message.kind !== "request") return;
    x.peer.respond(message, 302, { contact: `<sip:bob.example;n=${++count}>` });
  };
  x.register();
  assertEquals(x.takeEvents(), [
    ...new Array(6).fill("REGISTER"),
    "flow backingOff",
    "onFailed, again later, 302",
  ]);
  x.registration.dispose();
  x.finish();
});

for (
  const [what, contact] of [
    ["nobody", null],
    ["a phone", "<tel:+15551212>"],
    ["a name that does not parse", "<sip:@@>"],
  ] as const
) {
  Deno.test(`registration: who is referred to ${what} tries again later`, () => {
    const x = new Registering();
    x.register();
    x.peer.respond(x.last, 302, { contact });
    assertEquals(x.takeEvents().at(-1), "onFailed, again later, 302");
    x.registration.dispose();
    x.finish();
  });
}

Deno.test("registration: a registrar that is asked by SIPS refers to no one without", () => {
  const x = new Registering({ protocol: "TLS" });
  const peer = x.peerAt("bob.example", 5061);
  x.peerAt("other.example");
  x.register({ registrar: URI.parse("sips:bob.example") });
  assertEquals(
    peer.request("REGISTER").getHeader("Contact"),
    "<sips:alice@alice.example:5060;transport=tls>",
  );
  peer.respond(peer.request("REGISTER"), 302, { contact: "<sip:other.example>" });
  assertEquals(x.takeEvents().at(-1), "onFailed, again later, 302");
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: somebody else is not given the password of the registrar", () => {
  const x = new Registering({ configuration: CREDENTIALS });
  const other = x.peerAt("other.example");
  x.register();
  x.peer.respond(x.last, 401, CHALLENGE);
  refer(x, "<sip:other.example>");
  // Not what the registrar was answered, either.
  assertEquals(other.request("REGISTER").hasHeader("Authorization"), false);
  other.respond(other.request("REGISTER"), 401, CHALLENGE);
  assertEquals(other.requests("REGISTER").length, 1);
  assertEquals(x.takeEvents().at(-1), "onFailed, again never, 401");
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: whom the program trusts is given it, and so is the registrar's own host", () => {
  for (const [host, trustedHosts] of [["Other.example", ["other.example"]], ["bob.example", []]]) {
    const x = new Registering({ configuration: CREDENTIALS });
    const other = x.peerAt(`${host}`, 5070);
    x.register({ trustedHosts: [...trustedHosts ?? []] });
    refer(x, `<sip:${host}:5070>`);
    other.respond(other.request("REGISTER"), 401, CHALLENGE);
    assertEquals(other.request("REGISTER").hasHeader("Authorization"), true);
    grant(other);
    assertEquals(x.registration.state, "Registered");
    x.registration.dispose();
    x.finish();
  }
});
