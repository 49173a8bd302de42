// Challenges to requests that come in: RFC 3261 §22, RFC 7616, RFC 8760.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import {
  DigestAuthenticator,
  type DigestAuthenticatorOptions,
  digestHA1,
  type DigestSecret,
  type DigestVerdict,
  Fault,
  IncomingRequestMessage,
  InvalidArgumentError,
  parseHeaderValue,
  parseMessage,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { Exchange } from "../../support/exchange.ts";
import { messageText } from "../../support/scripted_peer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const PASSWORDS: Record<string, string> = { alice: "wonderland", "J\u00e4s\u00f8n": "\u00e4" };

function authenticator(options: Partial<DigestAuthenticatorOptions> = {}): DigestAuthenticator {
  return new DigestAuthenticator({
    realm: "biloxi.com",
    lookUp: (username) => {
      const password = PASSWORDS[username];
      return password === undefined ? undefined : { password };
    },
    ...options,
  });
}

interface RequestScript {
  readonly method?: string;
  readonly uri?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

function request(script: RequestScript = {}): IncomingRequestMessage {
  const { method = "REGISTER", uri = "sip:biloxi.com", headers = [], body } = script;
  const text = messageText([
    `${method} ${uri} SIP/2.0`,
    "Via: SIP/2.0/UDP alice.example;branch=z9hG4bKa",
    "Max-Forwards: 70",
    "From: <sip:alice@biloxi.com>;tag=a",
    "To: <sip:alice@biloxi.com>",
    "Call-ID: c",
    `CSeq: 1 ${method}`,
    ...headers,
  ], body);
  const parsed = parseMessage(new TextEncoder().encode(text));
  assert(parsed instanceof IncomingRequestMessage, `${parsed}`);
  return parsed;
}

type Parameters = Record<string, string | null>;

/** The challenges of a verdict, as their parameters. */
function challengesOf(verdict: DigestVerdict): Parameters[] {
  assertEquals(verdict.kind, "challenge");
  const lines = verdict.kind === "challenge" ? verdict.response.extraHeaders ?? [] : [];
  return lines.map((line) => {
    const parsed = parseHeaderValue("WWW-Authenticate", line.slice(line.indexOf(":") + 2));
    assert(!(parsed instanceof Fault), `${parsed}`);
    return { ...parsed[0]?.parameters };
  });
}

const NODE_NAMES: Record<string, string> = {
  "MD5": "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

interface AnswerScript extends RequestScript {
  readonly username?: string;
  readonly password?: string;
  readonly algorithm?: string;
  readonly qop?: string | null;
  readonly nc?: string;
  readonly hashedURI?: string;
  readonly header?: string;
  /** In place of HA1. */
  readonly ha1?: string;
  readonly realm?: string;
  /** Changes the line that is sent. */
  readonly spoil?: (line: string) => string;
}

/** The request with credentials, as RFC 7616 §3.4 has them, hashed by another library. */
function answered(nonce: string, script: AnswerScript = {}): IncomingRequestMessage {
  const { username = "alice", password = "wonderland", algorithm = "MD5", nc = "00000001" } =
    script;
  const { method = "REGISTER", uri = "sip:biloxi.com", body = "", realm = "biloxi.com" } = script;
  const { hashedURI = uri, header = "Authorization", qop = "auth" } = script;
  const h = (text: string) => createHash(NODE_NAMES[algorithm] ?? "md5").update(text).digest("hex");
  const ha1 = script.ha1 ?? h(`${username}:${realm}:${password}`);
  const ha2 = h(`${method}:${hashedURI}${qop === "auth-int" ? `:${h(body)}` : ""}`);
  const response = h(
    qop === null ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:c:${qop}:${ha2}`,
  );
  const protection = qop === null ? "" : `, qop=${qop}, nc=${nc}, cnonce="c"`;
  const line = `${header}: Digest username="${username}", realm="${realm}", nonce="${nonce}", ` +
    `uri="${hashedURI}", response="${response}", algorithm=${algorithm}${protection}`;
  return request({ method, uri, body, headers: [(script.spoil ?? ((text) => text))(line)] });
}

function nonceOf(each: DigestAuthenticator): string {
  return challengesOf(each.verify(request()))[0]?.["nonce"] ?? "";
}

function outcome(verdict: DigestVerdict): string {
  return verdict.kind === "challenge" ? verdict.reason : verdict.username;
}

// RFC 8760 §2.3: "one for each algorithm", in the order of preference; RFC 3261 §22.4: "servers MUST
// always send a "qop" parameter".
Deno.test("no credentials: 401 with a challenge for each algorithm", () => {
  const verdict = authenticator().verify(request());
  assert(verdict.kind === "challenge");
  assertEquals([verdict.reason, verdict.response.statusCode], ["absent", 401]);
  const challenges = challengesOf(verdict);
  assertEquals(challenges.map((each) => each["algorithm"]), ["SHA-512-256", "SHA-256", "MD5"]);
  for (const each of challenges) {
    assertEquals([each["realm"], each["qop"], each["stale"]], ["biloxi.com", "auth", undefined]);
  }
});

Deno.test("as a proxy: 407, and Proxy-Authorization", () => {
  const proxy = authenticator({ statusCode: 407 });
  const verdict = proxy.verify(request());
  assert(verdict.kind === "challenge");
  assertEquals(verdict.response.statusCode, 407);
  assertEquals(verdict.response.extraHeaders?.[0]?.startsWith("Proxy-Authenticate: Digest "), true);
  const nonce = nonceOf(proxy);
  assertEquals(outcome(proxy.verify(answered(nonce))), "absent");
  assertEquals(outcome(proxy.verify(answered(nonce, { header: "Proxy-Authorization" }))), "alice");
});

for (const algorithm of ["MD5", "SHA-256", "SHA-512-256"] as const) {
  Deno.test(`right credentials with ${algorithm}, by password and by HA1`, () => {
    const byPassword = authenticator();
    assertEquals(byPassword.verify(answered(nonceOf(byPassword), { algorithm })), {
      kind: "authenticated",
      username: "alice",
      algorithm,
      qop: "auth",
    });
    const ha1 = digestHA1(algorithm, "alice", "biloxi.com", "wonderland").toUpperCase();
    const byHA1 = authenticator({ lookUp: () => ({ ha1: { [algorithm]: ha1 } }) });
    assertEquals(outcome(byHA1.verify(answered(nonceOf(byHA1), { algorithm }))), "alice");
  });
}

Deno.test("a user whose HA1 is of another algorithm: wrong, also with an empty one", () => {
  const each = authenticator({ lookUp: () => ({ ha1: {} }) });
  for (const ha1 of ["", "undefined"]) {
    assertEquals(outcome(each.verify(answered(nonceOf(each), { ha1 }))), "wrong");
  }
});

Deno.test("a user that is not known: wrong, also with an empty password", () => {
  const each = authenticator();
  for (const password of ["wonderland", ""]) {
    const sent = answered(nonceOf(each), { username: "mallory", password });
    assertEquals(outcome(each.verify(sent)), "wrong");
  }
});

// An empty column of a data base, and what a program without types makes of it, are no password.
const ofPassword = (password: string) => digestHA1("MD5", "alice", "biloxi.com", password);
for (
  const [why, secret, ha1] of [
    ["a password of undefined", { password: undefined }, ofPassword("undefined")],
    ["a password of null", { password: null }, ofPassword("null")],
    ["an empty HA1", { ha1: { MD5: "" } }, ""],
    ["HA1 that is a text", { ha1: "x" }, ""],
    ["neither", {}, ofPassword("")],
    ["a text", "wonderland", ofPassword("wonderland")],
    ["a promise", Promise.resolve({ password: "wonderland" }), ofPassword("undefined")],
  ] as const
) {
  Deno.test(`nobody is let in where lookUp gives ${why}`, () => {
    const each = authenticator({ lookUp: () => secret as unknown as DigestSecret });
    const sent = answered(nonceOf(each), { ha1 });
    const error = assertThrows(() => each.verify(sent), InvalidArgumentError);
    assert(error.field.startsWith("secret"), error.field);
    assert(!error.message.includes("wonderland"));
  });
}

Deno.test("null from lookUp is a user that is not known", () => {
  const each = authenticator({ lookUp: () => null as unknown as undefined });
  assertEquals(outcome(each.verify(answered(nonceOf(each), { password: "" }))), "wrong");
});

Deno.test("names and passwords in UTF-8", () => {
  const each = authenticator();
  const sent = answered(nonceOf(each), { username: "J\u00e4s\u00f8n", password: "\u00e4" });
  assertEquals(outcome(each.verify(sent)), "J\u00e4s\u00f8n");
});

// A client sees the difference between wrong and stale: RFC 2617 §3.2.1.
for (
  const [why, script] of [
    ["another password", { password: "x" }],
    ["another realm in the hash", { ha1: digestHA1("MD5", "alice", "other", "wonderland") }],
    ["an algorithm that is not offered", { algorithm: "MD5-sess" }],
    ["a protection that is not offered", { qop: "auth-int" }],
    ["the URI of another request", { hashedURI: "sip:other.example" }],
    ["what is no URI", { hashedURI: "*" }],
    ["userhash, which is not offered", { spoil: (line: string) => `${line}, userhash=true` }],
    ["a shorter response", { spoil: (line: string) => line.replace(/(response=".*?).",/, '$1",') }],
    ["a changed nc", { spoil: (line: string) => line.replace("nc=00000001", "nc=00000002") }],
    ["a changed user", { spoil: (line: string) => line.replace('"alice"', '"J\u00e4s\u00f8n"') }],
  ] as const
) {
  Deno.test(`wrong credentials: ${why}`, () => {
    const each = authenticator();
    const verdict = each.verify(answered(nonceOf(each), script));
    assertEquals(outcome(verdict), "wrong");
    assertEquals(challengesOf(verdict).map((challenge) => challenge["stale"]), [
      undefined,
      undefined,
      undefined,
    ]);
  });
}

for (
  const [why, headers] of [
    ["those of another realm", undefined],
    ["Basic", ["Authorization: Basic YWxpY2U6d29uZGVybGFuZA=="]],
    ["not whole", [`Authorization: Digest username="alice", realm="biloxi.com"`]],
  ] as const
) {
  Deno.test(`credentials that count for nothing: ${why}`, () => {
    const each = authenticator();
    const sent = headers === undefined
      ? answered(nonceOf(each), { realm: "elsewhere.example" })
      : request({ headers });
    assertEquals(outcome(each.verify(sent)), "absent");
    assertEquals(each.usernameOf(sent), undefined);
  });
}

Deno.test("MD5 that is not offered is not taken, whoever asks for it", () => {
  const each = authenticator({ algorithms: ["SHA-256"] });
  assertEquals(outcome(each.verify(answered(nonceOf(each)))), "wrong");
  const spoil = (line: string): string => line.replace(", algorithm=MD5", "");
  assertEquals(outcome(each.verify(answered(nonceOf(each), { spoil }))), "wrong");
});

// RFC 7616 §3.4.3.
Deno.test("auth-int: the body counts", () => {
  const each = authenticator({ qop: ["auth-int"] });
  const script = { method: "MESSAGE", qop: "auth-int", body: "hello" };
  const verdict = each.verify(answered(nonceOf(each), script));
  assertEquals(verdict.kind === "authenticated" && verdict.qop, "auth-int");
  const sent = answered(nonceOf(each), script);
  const changed = new TextDecoder().decode(sent.bytes).replace("\r\n\r\nhello", "\r\n\r\nhallo");
  const parsed = parseMessage(new TextEncoder().encode(changed));
  assert(parsed instanceof IncomingRequestMessage);
  assertEquals(outcome(each.verify(parsed)), "wrong");
  assertEquals(outcome(each.verify(answered(nonceOf(each), { qop: "auth" }))), "wrong");
});

// RFC 7616 §3.4: "nc ... so that the server can detect request replays by maintaining its own copy of
// this count".
Deno.test("a request that is replayed: stale; the next count is taken, also with a gap", () => {
  const each = authenticator();
  const nonce = nonceOf(each);
  const take = (nc: string) => outcome(each.verify(answered(nonce, { nc })));
  assertEquals(take("00000001"), "alice");
  assertEquals(take("00000001"), "stale");
  assertEquals(take("00000002"), "alice");
  assertEquals(take("0000000A"), "alice");
  assertEquals(take("00000009"), "stale");
  assertEquals(take("00000000"), "stale");
});

// §22.4: "SIP servers supporting RFC 2617 MUST ensure they are backwards compatible with RFC 2069."
Deno.test("a client of RFC 2069 counts nothing: each nonce works once", () => {
  const each = authenticator();
  const nonce = nonceOf(each);
  assertEquals(outcome(each.verify(answered(nonce, { qop: null }))), "alice");
  assertEquals(outcome(each.verify(answered(nonce, { qop: null }))), "stale");
});

Deno.test("a nonce that is too old: stale, and the new one works", () => {
  const clock = new VirtualClock();
  const each = authenticator({ nonceLifetime: 1000, now: () => clock.now() });
  const nonce = nonceOf(each);
  clock.advance(1000);
  assertEquals(outcome(each.verify(answered(nonce))), "alice");
  clock.advance(1);
  const verdict = each.verify(answered(nonce, { nc: "00000002" }));
  assertEquals(outcome(verdict), "stale");
  const [challenge] = challengesOf(verdict);
  assertEquals(challenge?.["stale"], "true");
  assertEquals(outcome(each.verify(answered(challenge?.["nonce"] ?? ""))), "alice");
});

Deno.test("nonces of others, and changed ones: stale where the password is right", () => {
  const each = authenticator();
  const other = nonceOf(authenticator());
  const own = nonceOf(each);
  const later = (parseInt(own.slice(0, 12), 16) + 1e6).toString(16).padStart(12, "0");
  for (const nonce of [other, later + own.slice(12), own.slice(1), "x", `${own}0`]) {
    assertEquals(outcome(each.verify(answered(nonce))), "stale", nonce);
  }
  assertEquals(outcome(each.verify(answered(other, { password: "x" }))), "wrong");
});

Deno.test("a flood without credentials leaves nothing; the table of used nonces has a limit", () => {
  const clock = new VirtualClock();
  const each = authenticator({ maxNonces: 3, now: () => clock.now() });
  const nonces = Array.from({ length: 5 }, () => {
    clock.advance(1);
    return nonceOf(each);
  });
  for (let i = 0; i < 1000; i++) each.verify(request());
  for (const nonce of nonces) assertEquals(outcome(each.verify(answered(nonce))), "alice");
  // What was forgotten cannot be replayed.
  for (const nonce of nonces) assertEquals(outcome(each.verify(answered(nonce))), "stale");
  assertEquals(outcome(each.verify(answered(nonces[0] ?? "", { nc: "00000002" }))), "stale");
  assertEquals(outcome(each.verify(answered(nonces[4] ?? "", { nc: "00000002" }))), "alice");
});

Deno.test("a URI that a proxy has rewritten is for the program to accept", () => {
  const script = { uri: "sip:alice@192.0.2.1:5060", hashedURI: "sip:alice@biloxi.com" };
  const strict = authenticator();
  assertEquals(outcome(strict.verify(answered(nonceOf(strict), script))), "wrong");
  const lax = authenticator({ acceptsURI: (uri) => uri.host === "biloxi.com" });
  assertEquals(outcome(lax.verify(answered(nonceOf(lax), script))), "alice");
  // Equivalent is enough (§19.1.4).
  const same = { uri: "sip:alice@BILOXI.com", hashedURI: "sip:%61lice@biloxi.com" };
  assertEquals(outcome(strict.verify(answered(nonceOf(strict), same))), "alice");
});

Deno.test("without lookUp: who it is, and then the secret", () => {
  const each = new DigestAuthenticator({ realm: "biloxi.com" });
  const sent = answered(nonceOf(each));
  assertEquals(each.usernameOf(sent), "alice");
  assertEquals(outcome(each.verify(sent)), "wrong");
  assertEquals(outcome(each.verify(sent, { password: "wonderland" })), "alice");
});

// §22.1: "Servers MUST NOT attempt to challenge an ACK"; nor a CANCEL.
for (const method of ["ACK", "CANCEL"]) {
  Deno.test(`${method} is not challenged`, () => {
    assertThrows(() => authenticator().verify(request({ method })), InvalidArgumentError, method);
  });
}

for (
  const [field, options] of [
    ["realm", { realm: "" }],
    ["realm", { realm: "a\r\nb" }],
    ["algorithms", { algorithms: [] }],
    ["algorithms", { algorithms: ["SHA-1"] }],
    ["qop", { qop: ["x"] }],
    ["nonceLifetime", { nonceLifetime: 0 }],
    ["maxNonces", { maxNonces: 0.5 }],
    ["algorithms", { algorithms: "MD5" }],
    ["statusCode", { statusCode: 403 }],
    ["lookUp", { lookUp: "alice" }],
    ["acceptsURI", { acceptsURI: true }],
  ] as const
) {
  Deno.test(`options that make no sense: ${field}, ${JSON.stringify(options)}`, () => {
    const make = () => authenticator(options as unknown as DigestAuthenticatorOptions);
    assertEquals(assertThrows(make, InvalidArgumentError).field, field);
  });
}

// §22: authentication in SIP is "a stateless, challenge-based mechanism".
Deno.test("replyStateless(): a flood of requests is challenged, and nothing is kept of it", () => {
  const verifier = authenticator();
  const x = new Exchange();
  x.core.delegate = {
    onUnclaimedRequest: (message) => {
      const verdict = verifier.verify(message);
      if (verdict.kind !== "challenge") return false;
      x.core.replyStateless(message, verdict.response);
      return true;
    },
    onRegister: (incoming) => void incoming.accept(),
  };
  for (let i = 0; i < 1000; i++) x.peer.ask("REGISTER", { uri: "sip:biloxi.com", callId: `${i}` });
  assertEquals(x.peer.responses("REGISTER").length, 1000);
  x.assertEmpty();
  const challenged = x.peer.response("REGISTER").parseHeader("WWW-Authenticate");
  const nonce = challenged instanceof Fault ? "" : challenged?.[0]?.parameters["nonce"] ?? "";
  const authorization = answered(nonce).getHeader("Authorization");
  const headers = [`Authorization: ${authorization}`];
  x.peer.ask("REGISTER", { uri: "sip:biloxi.com", callId: "1000", headers });
  assertEquals(x.peer.response("REGISTER").statusCode, 200);
  x.finish();
});

// Both sides are this library's: each digest above was made by another.
for (const algorithms of [["SHA-512-256", "SHA-256", "MD5"], ["MD5"]] as const) {
  for (const qop of ["auth", "auth-int"] as const) {
    Deno.test(`a phone and a registrar that challenges with ${algorithms[0]}, ${qop}`, async () => {
      const network = new MemoryNetwork();
      const clock = new VirtualClock();
      const transport = (host: string) => network.transport({ host, port: 5060 });
      const verifier = authenticator({ algorithms, qop: [qop], now: () => clock.now() });
      const verdicts: string[] = [];
      const registrar = new UserAgentCore({ transports: [transport("biloxi.com")], clock }, {
        onRegister: (incoming) => {
          const verdict = verifier.verify(incoming.message);
          verdicts.push(outcome(verdict));
          if (verdict.kind === "challenge") incoming.reject(verdict.response);
          else incoming.accept();
        },
      });
      const phone = new UserAgentCore({
        transports: [transport("alice.example")],
        clock,
        credentials: [{ username: "alice", password: "wonderland" }],
      });
      const aor = URI.parse("sip:alice@biloxi.com");
      const statuses: number[] = [];
      const register = async () => {
        const message = phone.makeOutgoingRequestMessage(
          "REGISTER",
          URI.parse("sip:biloxi.com"),
          aor,
          aor,
          {},
          ["Contact: <sip:alice@alice.example>"],
        );
        await new Promise<void>((resolve) => {
          const note = ({ message }: { message: { statusCode: number } }) => {
            statuses.push(message.statusCode);
            resolve();
          };
          phone.register(message, { onAccept: note, onReject: note });
        });
      };
      await register();
      await register();
      clock.advance(300_001);
      await register();
      assertEquals(statuses, [200, 200, 200]);
      assertEquals(verdicts, ["absent", "alice", "alice", "stale", "alice"]);
      await Promise.all([phone.dispose(), registrar.dispose()]);
    });
  }
}
