// Challenges and credentials that anybody may send: nothing throws, nothing is left, and nobody is let
// in.
import { assert, assertEquals } from "@std/assert";
import { DigestAuthenticator, Fault, parseHeaderValue, URI } from "@strowger/sip";
import { challenge } from "../../support/challenge.ts";
import { Exchange } from "../../support/exchange.ts";

/** Numbers below a limit, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const PIECES = [
  ...['"', "\\", ",", "=", " ", "\t", "\0", "%", "'", "*", ";", "\u00e4", "\ufffd", "(", "<"],
  ...[
    "stale=true",
    "realm=",
    'qop="auth-int"',
    "algorithm=SHA-256-sess",
    "__proto__=1",
    "nonce=",
    "Digest",
  ],
];

/** A line with a few of its characters changed, and pieces of others put in. */
function spoil(line: string, random: (below: number) => number): string {
  let text = line;
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(text.length + 1);
    const piece = random(3) === 0 ? "" : PIECES[random(PIECES.length)] ?? "";
    text = text.slice(0, at) + piece + text.slice(at + random(6));
  }
  return text;
}

Deno.test("500 spoiled challenges: each request has one outcome, and nothing is left", () => {
  const random = randomFrom(0x401);
  const x = new Exchange({
    configuration: {
      credentials: [
        { realm: "biloxi.com", username: "alice", password: "wonderland" },
        { username: "a", password: "b" },
      ],
    },
  });
  const uri = URI.parse("sip:alice@bob.example");
  let answered = 0;
  for (let i = 0; i < 500; i++) {
    const proxy = random(2) === 0;
    const line = challenge({ proxy, qop: "auth", algorithm: "MD5", opaque: "o", nonce: `n${i}` });
    const at = line.indexOf(": ") + 2;
    const headers = [line.slice(0, at) + spoil(line.slice(at), random)];
    let outcomes = 0;
    const request = x.core.makeOutgoingRequestMessage("REGISTER", uri, uri, uri);
    x.core.register(request, { onAccept: () => outcomes++, onReject: () => outcomes++ });
    for (let round = 0; outcomes === 0 && round < 10; round++) {
      const last = x.peer.request("REGISTER");
      if (round === 2) x.peer.respond(last, 200);
      else if (round < 2) x.peer.respond(last, proxy ? 407 : 401, { headers });
      // What cannot be read as a message is dropped: the request waits for its timer.
      if (outcomes === 0 && x.peer.request("REGISTER") === last) x.peer.respond(last, 200);
    }
    assertEquals(outcomes, 1, headers[0]);
    if (request.cseq > 1) answered++;
  }
  assert(answered > 25 && answered < 475, `${answered} were answered`);
  x.finish();
});

Deno.test("500 spoiled credentials: only those that say the same are let in", () => {
  const random = randomFrom(0x200);
  const realm = "biloxi.com";
  const lookUp = (username: string) =>
    username === "alice" ? { password: "wonderland" } : undefined;
  const authenticator = new DigestAuthenticator({ realm, lookUp });
  const x = new Exchange({
    configuration: { credentials: [{ realm, username: "alice", password: "wonderland" }] },
  });
  const outcomes: string[] = [];
  let admitted = 0;
  x.core.delegate = {
    onRegister: (request) => {
      const verdict = authenticator.verify(request.message);
      outcomes.push(verdict.kind === "challenge" ? verdict.reason : verdict.username);
      if (verdict.kind === "challenge") request.reject(verdict.response);
      else request.accept();
    },
  };
  const uri = URI.parse("sip:bob.example");
  for (let i = 0; i < 500; i++) {
    // The core makes the credentials itself, for a challenge of its own authenticator.
    x.peer.ask("REGISTER", { uri: "sip:bob.example", callId: `a${i}` });
    const [line = ""] = x.peer.response("REGISTER").getHeaders("WWW-Authenticate");
    x.core.register(x.core.makeOutgoingRequestMessage("REGISTER", uri, uri, uri));
    x.peer.respond(x.peer.request("REGISTER"), 401, { headers: [`WWW-Authenticate: ${line}`] });
    const authorization = x.peer.request("REGISTER").getHeader("Authorization") ?? "";
    x.peer.respond(x.peer.request("REGISTER"), 403);
    outcomes.length = 0;
    const spoiled = spoil(authorization, random);
    const headers = [`Authorization: ${spoiled}`];
    x.peer.ask("REGISTER", { uri: "sip:bob.example", callId: `b${i}`, headers });
    if (outcomes[0] !== "alice") continue;
    admitted++;
    // Let in: then all that the digest was made from is as it was.
    assertEquals(parse(spoiled), parse(authorization), spoiled);
  }
  assert(admitted > 5 && admitted < 250, `${admitted} were let in`);
  x.finish();
});

const HASHED = ["username", "realm", "nonce", "uri", "response", "cnonce", "qop", "nc"];

function parse(value: string): unknown[] {
  const parsed = parseHeaderValue("Authorization", value);
  const parameters = parsed instanceof Fault ? undefined : parsed[0]?.parameters;
  return HASHED.map((name) => parameters?.[name]);
}
