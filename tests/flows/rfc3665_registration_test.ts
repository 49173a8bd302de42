/**
 * The registrations of RFC 3665 §2, between Bob and a registrar that is an engine with the digest
 * authenticator. How to read a ladder is said in `cast.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DigestAuthenticator, type IncomingRequest, URI } from "@strowger/sip";
import type { Agent } from "./agent.ts";
import { Cast } from "./cast.ts";

const REALM = "atlanta.example.com";
const REGISTRAR = URI.parse("sips:ss2.biloxi.example.com");
const BOB = URI.parse("sips:bob@biloxi.example.com");
const CONTACT = "Contact: <sips:bob@client.biloxi.example.com>";

/** A registrar with one user, as §10.3 of RFC 3261 has it. */
function makeRegistrar(cast: Cast): void {
  const registrar = cast.agent("Registrar", "ss2.biloxi.example.com", {
    protocol: "TLS",
    aor: REGISTRAR,
  });
  const authenticator = new DigestAuthenticator({
    realm: REALM,
    algorithms: ["MD5"],
    now: () => cast.clock.now(),
    lookUp: (username) => username === "bob" ? { password: "zanzibar" } : undefined,
  });
  const bindings = new Map<string, number>();
  registrar.core.delegate.onRegister = (request) => {
    const verdict = authenticator.verify(request.message);
    if (verdict.kind === "challenge") return void request.reject(verdict.response);
    bind(bindings, request);
    const extraHeaders = [...bindings].map(([uri, expires]) =>
      `Contact: <${uri}>;expires=${expires}`
    );
    request.accept({ statusCode: 200, extraHeaders });
  };
}

/** RFC 3261 §10.3, items 6 and 7. */
function bind(bindings: Map<string, number>, { message }: IncomingRequest): void {
  if (message.getHeader("Contact") === "*") return bindings.clear();
  const contacts = message.parseHeader("Contact");
  if (!Array.isArray(contacts)) return;
  for (const { uri } of contacts) {
    bindings.set(`${uri}`, uri.scheme === "mailto" ? 2 ** 32 - 1 : 3600);
  }
}

function start(password = "zanzibar"): { cast: Cast; bob: Agent } {
  const cast = new Cast({}, ["Expires"]);
  makeRegistrar(cast);
  const bob = cast.agent("Bob", "client.biloxi.example.com", {
    protocol: "TLS",
    aor: BOB,
    credentials: [{ realm: REALM, username: "bob", password }],
  });
  return { cast, bob };
}

function register(bob: Agent, ...extraHeaders: string[]): void {
  bob.ask("REGISTER", BOB, { ruri: REGISTRAR, extraHeaders });
}

/** What is on the way again when it was registered before. */
function registered(): { cast: Cast; bob: Agent } {
  const { cast, bob } = start();
  register(bob, CONTACT);
  cast.clock.advance(1000);
  cast.forget();
  return { cast, bob };
}

Deno.test("RFC 3665 §2.1, successful new registration", async () => {
  const { cast, bob } = start();
  register(bob, CONTACT);
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 1, Contact bob@client.biloxi.example.com
    F2  10 Registrar > Bob 401 Unauthorized, CSeq 1 REGISTER, To;tag, WWW-Authenticate atlanta.example.com
    F3  20 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 2, Contact bob@client.biloxi.example.com, Authorization atlanta.example.com
    F4  30 Registrar > Bob 200 OK, CSeq 2 REGISTER, To;tag, Contact bob@client.biloxi.example.com;expires=3600
        40 Bob onAccept 200
  `);
  // RFC 3261 §10.2: "A UA ... SHOULD use the same Call-ID for all registrations during a boot cycle",
  // and here for both attempts; each with a branch and a number of its own.
  const [first, , second] = cast.messages;
  assertEquals(first?.callId, second?.callId);
  assertEquals(first?.fromTag, second?.fromTag);
  await cast.end();
});

Deno.test("RFC 3665 §2.2, update of the contact list", async () => {
  const { cast, bob } = registered();
  register(bob, "Contact: <mailto:bob@biloxi.example.com>");
  cast.clock.advance(1000);
  cast.expect(`
    F1  1000 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 1, Contact mailto:bob@biloxi.example.com, Authorization atlanta.example.com
    F2  1010 Registrar > Bob 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@client.biloxi.example.com;expires=3600 mailto:bob@biloxi.example.com;expires=4294967295
        1020 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §2.3, request for the current contact list", async () => {
  const { cast, bob } = registered();
  register(bob);
  cast.clock.advance(1000);
  cast.expect(`
    F1  1000 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 1, Authorization atlanta.example.com
    F2  1010 Registrar > Bob 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@client.biloxi.example.com;expires=3600
        1020 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §2.4, cancellation of registration", async () => {
  const { cast, bob } = registered();
  register(bob, "Expires: 0", "Contact: *");
  cast.clock.advance(1000);
  cast.expect(`
    F1  1000 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 1, Contact *, Authorization atlanta.example.com, Expires 0
    F2  1010 Registrar > Bob 200 OK, CSeq 1 REGISTER, To;tag
        1020 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §2.5, unsuccessful registration", async () => {
  const { cast, bob } = start("wrong");
  register(bob, CONTACT);
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 1, Contact bob@client.biloxi.example.com
    F2  10 Registrar > Bob 401 Unauthorized, CSeq 1 REGISTER, To;tag, WWW-Authenticate atlanta.example.com
    F3  20 Bob > Registrar REGISTER ss2.biloxi.example.com, CSeq 2, Contact bob@client.biloxi.example.com, Authorization atlanta.example.com
    F4  30 Registrar > Bob 401 Unauthorized, CSeq 2 REGISTER, To;tag, WWW-Authenticate atlanta.example.com
        40 Bob onReject 401
  `);
  await cast.end();
});
