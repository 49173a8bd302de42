// Challenges to requests of ours: RFC 3261 §22, RFC 7616, RFC 8760.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Credentials,
  digestHA1,
  type OutgoingRequest,
  type OutgoingRequestMessage,
  URI,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { challenge, credentialsIn, isRight, refuse } from "../../support/challenge.ts";
import { Exchange, sdp } from "../../support/exchange.ts";

const ALICE: Credentials = { realm: "biloxi.com", username: "alice", password: "wonderland" };
const PROXY: Credentials = { realm: "proxy.example", username: "a1", password: "looking-glass" };

function exchange(more: Partial<UserAgentCoreConfiguration> = {}, protocol = "UDP"): Exchange {
  return new Exchange({ protocol, configuration: { credentials: [ALICE, PROXY], ...more } });
}

function requestOf(
  x: Exchange,
  method: string,
  to = "sip:alice@bob.example",
): OutgoingRequestMessage {
  const registrar = URI.parse("sip:bob.example");
  const aor = URI.parse("sip:alice@alice.example");
  return x.core.makeOutgoingRequestMessage(method, registrar, aor, URI.parse(to));
}

function send(x: Exchange, method: string, to?: string): OutgoingRequest {
  return x.core.request(requestOf(x, method, to), x.recorder({}));
}

/** Hangs up, and asserts that nothing is left. */
function hangUp(x: Exchange): void {
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
}

// §22.2: "When the originating UAC receives the 401 (Unauthorized), it SHOULD, if it is able,
// re-originate the request with the proper credentials ... it MUST increment the CSeq header field
// value".
Deno.test("a REGISTER that is challenged goes again with credentials; only its outcome is told", () => {
  const x = exchange();
  send(x, "REGISTER");
  const first = x.peer.request("REGISTER");
  assertEquals(first.hasHeader("Authorization"), false);
  const second = refuse(x, "REGISTER", 401, { qop: "auth", opaque: "5ccc", algorithm: "MD5" });
  assert(isRight(second, "wonderland"));
  assertEquals([first.cseq, second.cseq], [1, 2]);
  assertEquals(second.callId, first.callId);
  assertEquals(second.fromTag, first.fromTag);
  assertNotEquals(second.viaBranch, first.viaBranch);
  const { cnonce, response, ...rest } = credentialsIn(second) ?? {};
  assertEquals({ ...rest }, {
    username: "alice",
    realm: "biloxi.com",
    nonce: "n1",
    uri: "sip:bob.example",
    algorithm: "MD5",
    opaque: "5ccc",
    qop: "auth",
    nc: "00000001",
  });
  assertEquals([cnonce?.length, response?.length], [16, 32]);
  x.peer.respond(second, 200);
  assertEquals(x.takeEvents(), ["REGISTER", "REGISTER", "onAccept 200"]);
  x.finish();
});

for (const algorithm of ["MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess"]) {
  for (const qop of ["auth", "auth-int", "auth,auth-int"]) {
    Deno.test(`an INVITE with a body, challenged for ${algorithm} and ${qop}`, () => {
      const x = exchange();
      x.invite(x.recorder(), { body: sdp("v=0\r\n") });
      const second = refuse(x, "INVITE", 401, { algorithm, qop });
      assert(isRight(second, "wonderland"));
      assertEquals(credentialsIn(second)?.["qop"], qop === "auth-int" ? "auth-int" : "auth");
      assertEquals(credentialsIn(second)?.["algorithm"], algorithm);
      x.peer.respond(second, 200);
      hangUp(x);
    });
  }
}

// §22.4: RFC 2069, without qop, "a cnonce value MUST NOT be sent".
Deno.test("a challenge without qop and algorithm is answered without", () => {
  const x = exchange();
  send(x, "REGISTER");
  const second = refuse(x, "REGISTER", 401, {});
  assert(isRight(second, "wonderland"));
  assertEquals(Object.keys(credentialsIn(second) ?? {}).sort(), [
    "nonce",
    "realm",
    "response",
    "uri",
    "username",
  ]);
  x.peer.respond(second, 200);
  x.finish();
});

Deno.test("HA1 in place of the password: only what it is for is answered", () => {
  const ha1 = { "SHA-256": digestHA1("SHA-256", "alice", "biloxi.com", "wonderland") };
  const x = exchange({ credentials: [{ realm: "biloxi.com", username: "alice", ha1 }] });
  send(x, "REGISTER");
  const second = refuse(
    x,
    "REGISTER",
    401,
    { algorithm: "SHA-512-256", qop: "auth", nonce: "a" },
    { algorithm: "SHA-256", qop: "auth", nonce: "b" },
    { algorithm: "MD5", qop: "auth", nonce: "c" },
  );
  assertEquals(credentialsIn(second)?.["nonce"], "b");
  assert(isRight(second, "wonderland"));
  x.peer.respond(second, 200);
  x.finish();
});

// RFC 8760 §2.4, and "a local policy": the strongest wins, whatever the order.
for (const order of ["strongest first", "strongest last"]) {
  Deno.test(`several challenges of one realm, ${order}: SHA-512/256 is answered, once`, () => {
    const x = exchange();
    send(x, "REGISTER");
    const scripts = ["SHA-512-256", "SHA-256", "MD5"].map((algorithm) => ({
      algorithm,
      qop: "auth",
      nonce: algorithm,
    }));
    const second = refuse(
      x,
      "REGISTER",
      401,
      ...(order === "strongest first" ? scripts : scripts.toReversed()),
    );
    assertEquals(second.getHeaders("Authorization").length, 1);
    assertEquals(credentialsIn(second)?.["algorithm"], "SHA-512-256");
    assert(isRight(second, "wonderland"));
    x.peer.respond(second, 200);
    x.finish();
  });
}

Deno.test("MD5 can be refused: the challenge is the outcome", () => {
  const x = exchange({ digestAlgorithms: ["SHA-512-256", "SHA-256"] });
  send(x, "REGISTER");
  refuse(x, "REGISTER", 401, { algorithm: "MD5", qop: "auth" });
  assertEquals(x.takeEvents(), ["REGISTER", "onReject 401"]);
  send(x, "REGISTER");
  const last = refuse(x, "REGISTER", 401, { algorithm: "MD5" }, {
    algorithm: "SHA-256",
    qop: "auth",
  });
  assertEquals(credentialsIn(last)?.["algorithm"], "SHA-256");
  x.peer.respond(last, 200);
  x.finish();
});

for (
  const [why, headers] of [
    ["another realm", [challenge({ realm: "other.example" })]],
    ["the same realm in another case", [challenge({ realm: "BILOXI.com" })]],
    ["Basic", [`WWW-Authenticate: Basic realm="biloxi.com"`]],
    ["an algorithm that nobody knows", [challenge({ algorithm: "SHA-3" })]],
    ["no challenge at all", []],
    ["what cannot be read", [`WWW-Authenticate: Digest realm="biloxi.com`]],
    ["an escaped NUL", [`WWW-Authenticate: Digest realm="biloxi.com", nonce="a\\\0b"`]],
  ] as const
) {
  Deno.test(`a 401 with ${why}: the outcome, told as it came`, () => {
    const x = exchange();
    send(x, "REGISTER");
    x.peer.respond(x.peer.request("REGISTER"), 401, { headers });
    x.clock.advance(1);
    assertEquals(x.peer.requests("REGISTER").length, 1);
    x.finish();
  });
}

Deno.test("a challenge that cannot be read hides no other", () => {
  const x = exchange();
  send(x, "REGISTER");
  x.peer.respond(x.peer.request("REGISTER"), 401, {
    headers: [
      `WWW-Authenticate: NTLM TlRMTVNTUAAC==`,
      `WWW-Authenticate: Digest realm="biloxi.com", algorithm=SHA-3, nonce="n"`,
      challenge({ qop: "auth" }),
    ],
  });
  assert(isRight(x.peer.request("REGISTER"), "wonderland"));
  x.peer.respond(x.peer.request("REGISTER"), 200);
  x.finish();
});

// §7.3.1: they "MUST NOT be combined into a single header field row"; in HTTP they may be.
Deno.test("several challenges in one line: each is seen, the strongest is answered", () => {
  const x = exchange();
  send(x, "REGISTER");
  x.peer.respond(x.peer.request("REGISTER"), 401, {
    headers: [
      `WWW-Authenticate: Basic realm="biloxi.com", Digest realm="a, Digest \\"b", nonce="1", ` +
      `Digest realm="biloxi.com", nonce="2", algorithm=SHA3, DIGEST realm="biloxi.com" , ` +
      `nonce="3", qop="auth", algorithm=sha-256, Digest realm="biloxi.com", nonce="4"`,
    ],
  });
  const second = x.peer.request("REGISTER");
  assertEquals(second.getHeaders("Authorization").length, 1);
  assertEquals(credentialsIn(second)?.["nonce"], "3");
  assert(isRight(second, "wonderland"));
  x.peer.respond(second, 200);
  x.finish();
});

// §22.1: "A UAC MUST NOT re-attempt requests with the credentials that have just been rejected".
Deno.test("the same realm rejects twice: the second 401 is the outcome", () => {
  const x = exchange();
  send(x, "REGISTER");
  refuse(x, "REGISTER", 401, { qop: "auth" });
  refuse(x, "REGISTER", 401, { qop: "auth", nonce: "n2" });
  assertEquals(x.takeEvents(), ["REGISTER", "REGISTER", "onReject 401"]);
  assertEquals(x.rejected[0]?.message.getHeader("WWW-Authenticate")?.includes("n2"), true);
  // And nothing is kept of what was rejected.
  send(x, "REGISTER");
  assertEquals(x.peer.request("REGISTER").hasHeader("Authorization"), false);
  x.peer.respond(x.peer.request("REGISTER"), 200);
  x.finish();
});

// "(though the request may be retried if the nonce was stale)".
Deno.test("stale: the same credentials with the new nonce, which is counted from 1", () => {
  const x = exchange();
  send(x, "REGISTER");
  refuse(x, "REGISTER", 401, { qop: "auth" });
  const third = refuse(x, "REGISTER", 401, { qop: "auth", nonce: "n2", stale: true });
  assert(isRight(third, "wonderland"));
  assertEquals([credentialsIn(third)?.["nonce"], credentialsIn(third)?.["nc"]], ["n2", "00000001"]);
  assertEquals(third.cseq, 3);
  x.peer.respond(third, 200);
  x.finish();
});

Deno.test("stale without end: eight attempts, and the last 401 is the outcome", () => {
  const x = exchange();
  send(x, "REGISTER");
  for (let i = 0; i < 10; i++) {
    const headers = [challenge({ qop: "auth", nonce: `n${i}`, stale: true })];
    x.peer.respond(x.peer.request("REGISTER"), 401, { headers });
  }
  assertEquals(x.peer.requests("REGISTER").length, 8);
  assertEquals(x.takeEvents().at(-1), "onReject 401");
  x.finish();
});

Deno.test("stale, with the nonce that was just used: rejected, and no digest after the first", () => {
  const x = exchange();
  send(x, "REGISTER");
  refuse(x, "REGISTER", 401, { qop: "auth" });
  refuse(x, "REGISTER", 401, { qop: "auth", stale: true });
  assertEquals(x.takeEvents(), ["REGISTER", "REGISTER", "onReject 401"]);
  x.finish();
});

// §22.3: "Proxy-Authorization ... It should follow the same procedures".
for (const statuses of [[407, 401], [401, 407]] as const) {
  Deno.test(`${statuses[0]} and then ${statuses[1]} on one INVITE: both are answered, and both stay`, () => {
    const x = exchange();
    x.invite();
    for (const status of statuses) {
      refuse(x, "INVITE", status, {
        realm: status === 401 ? "biloxi.com" : "proxy.example",
        nonce: `n${status}`,
        qop: "auth",
      });
    }
    const third = x.peer.request("INVITE");
    assert(isRight(third, "wonderland", "Authorization"));
    assert(isRight(third, "looking-glass", "Proxy-Authorization", "proxy.example"));
    assertEquals(third.cseq, 3);
    // The first was used twice, since the second attempt carried it, too.
    const first = statuses[0] === 401
      ? credentialsIn(third)
      : credentialsIn(third, "Proxy-Authorization", "proxy.example");
    assertEquals(first?.["nc"], "00000002");
    x.peer.respond(third, 200);
    // §22.1: the ACK has "all of the Authorization and Proxy-Authorization header field values that
    // appeared in the INVITE to which the ACK corresponds".
    const ack = x.peer.request("ACK");
    for (const name of ["Authorization", "Proxy-Authorization"]) {
      assertEquals(ack.getHeaders(name), third.getHeaders(name));
    }
    assertEquals(x.takeEvents(), [
      "INVITE",
      "ACK",
      "INVITE",
      "ACK",
      "INVITE",
      "onAccept 200",
      "ACK",
    ]);
    hangUp(x);
  });
}

// §22.3: "Each WWW-Authenticate and Proxy-Authenticate value received in responses to the forked
// request MUST be placed into the single response".
Deno.test("several realms and both kinds in one response: each is answered", () => {
  const x = exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 407, {
    headers: [
      challenge({ qop: "auth", nonce: "a" }),
      challenge({ qop: "auth", nonce: "b", realm: "proxy.example", proxy: true }),
      challenge({ qop: "auth", nonce: "c", realm: "nobody.example", proxy: true }),
      challenge({ qop: "auth", nonce: "d", proxy: true, algorithm: "SHA-256" }),
    ],
  });
  const second = x.peer.request("INVITE");
  assert(isRight(second, "wonderland"));
  assert(isRight(second, "wonderland", "Proxy-Authorization"));
  assert(isRight(second, "looking-glass", "Proxy-Authorization", "proxy.example"));
  assertEquals(second.getHeaders("Proxy-Authorization").length, 2);
  x.peer.respond(second, 200);
  hangUp(x);
});

// §17.1.1.3: the ACK to a failure belongs to the transaction that got it.
Deno.test("a 401 that comes again while the next INVITE rings: the ACK of the first attempt", () => {
  const x = exchange();
  x.invite();
  const first = x.peer.request("INVITE");
  const second = refuse(x, "INVITE", 401, { qop: "auth" });
  x.peer.respond(second, 180);
  x.takeEvents();
  x.peer.respond(first, 401, { headers: [challenge({ qop: "auth" })] });
  assertEquals(x.takeEvents(), ["ACK"]);
  const acks = x.peer.requests("ACK");
  assertEquals(acks.map((ack) => `${ack}`), [`${acks[0]}`, `${acks[0]}`]);
  assertEquals([acks[0]?.cseq, acks[0]?.viaBranch], [1, first.viaBranch]);
  assertEquals(acks[0]?.hasHeader("Authorization"), false);
  x.peer.respond(second, 486);
  const ack = x.peer.request("ACK");
  assertEquals([ack.cseq, ack.viaBranch], [2, second.viaBranch]);
  assertEquals(ack.getHeaders("Authorization"), second.getHeaders("Authorization"));
  x.finish();
});

// RFC 7616 §3.4: nc is "the hexadecimal count of the number of requests ... that the client has sent
// with the nonce value in this request".
Deno.test("the next REGISTER carries credentials at once, with the next count of the nonce", () => {
  const x = exchange();
  send(x, "REGISTER");
  x.peer.respond(refuse(x, "REGISTER", 401, { qop: "auth" }), 200);
  for (const nc of ["00000002", "00000003"]) {
    send(x, "REGISTER");
    const request = x.peer.request("REGISTER");
    assertEquals([request.cseq, credentialsIn(request)?.["nc"]], [1, nc]);
    assert(isRight(request, "wonderland"));
    x.peer.respond(request, 200);
  }
  x.finish();
});

Deno.test("a nonce that is too old, and a server that does not say stale: answered once more", () => {
  const x = exchange();
  send(x, "REGISTER");
  x.peer.respond(refuse(x, "REGISTER", 401, { qop: "auth" }), 200);
  send(x, "REGISTER");
  const again = refuse(x, "REGISTER", 401, { qop: "auth", nonce: "n2" });
  assertEquals([credentialsIn(again)?.["nonce"], credentialsIn(again)?.["nc"]], ["n2", "00000001"]);
  refuse(x, "REGISTER", 401, { qop: "auth", nonce: "n3" });
  assertEquals(x.takeEvents().at(-1), "onReject 401");
  x.finish();
});

Deno.test("one nonce in two calls: one count", () => {
  const x = exchange();
  for (const to of ["sip:bob@bob.example", "sip:carol@bob.example"]) {
    x.invite(x.recorder(), { to });
    x.peer.respond(refuse(x, "INVITE", 401, { qop: "auth", nonce: "same" }), 486);
  }
  const counts = x.peer.requests("INVITE").map((each) => credentialsIn(each)?.["nc"]);
  assertEquals(counts, [undefined, "00000001", undefined, "00000002"]);
  x.finish();
});

// §22.2: "cache the credentials for a given value of the To header field and "realm""; §22.3: of a
// proxy "if a UA is configured with the realm of its local outbound proxy".
Deno.test("credentials of earlier requests go to the same party only", () => {
  const x = exchange();
  const carol = x.peerAt("carol.example");
  x.invite();
  x.peer.respond(refuse(x, "INVITE", 401, { qop: "auth" }), 486);
  // The same far end.
  x.invite();
  assertEquals(credentialsIn(x.peer.request("INVITE"))?.["nc"], "00000002");
  x.peer.respond(x.peer.request("INVITE"), 486);
  // Another user there, another host, and the same user by another way.
  x.invite(x.recorder(), { to: "sip:dave@bob.example:5060" });
  assertEquals(x.peer.request("INVITE").hasHeader("Authorization"), false);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.invite(x.recorder(), { to: "sip:bob@carol.example:5060" });
  assertEquals(carol.request("INVITE").hasHeader("Authorization"), false);
  carol.respond(carol.request("INVITE"), 486);
  x.invite(x.recorder(), { options: { routeSet: ["<sip:carol.example;lr>"] } });
  assertEquals(carol.request("INVITE").hasHeader("Authorization"), false);
  carol.respond(carol.request("INVITE"), 486);
  x.finish();
});

Deno.test("a proxy gets its credentials at once for whomever a call in its domain is for", () => {
  const x = exchange();
  const proxied = { realm: "proxy.example", qop: "auth" };
  x.invite();
  x.peer.respond(refuse(x, "INVITE", 407, proxied), 486);
  x.invite(x.recorder(), { to: "sip:dave@bob.example:5060" });
  const second = x.peer.request("INVITE");
  assertEquals(credentialsIn(second, "Proxy-Authorization", "proxy.example")?.["nc"], "00000002");
  assert(isRight(second, "looking-glass", "Proxy-Authorization", "proxy.example"));
  x.peer.respond(second, 486);
  x.finish();
});

for (
  const [status, credentials, info] of [
    [401, "Authorization", "Authentication-Info"],
    [407, "Proxy-Authorization", "Proxy-Authentication-Info"],
  ] as const
) {
  // RFC 7616 §3.5: "The value of the nextnonce parameter is the nonce the server wishes the client to
  // use for a future authentication response."
  Deno.test(`${info}: nextnonce is used from then on`, () => {
    const x = exchange();
    send(x, "REGISTER");
    const second = refuse(x, "REGISTER", status, { qop: "auth" });
    x.peer.respond(second, 200, { headers: [`${info}: nextnonce="next"`] });
    send(x, "REGISTER");
    const third = x.peer.request("REGISTER");
    const { nonce, nc } = credentialsIn(third, credentials) ?? {};
    assertEquals([nonce, nc], ["next", "00000001"]);
    assert(isRight(third, "wonderland", credentials));
    x.peer.respond(third, 200, { headers: [`${info}: nextnonce="a\\\0b"`] });
    send(x, "REGISTER");
    assertEquals(credentialsIn(x.peer.request("REGISTER"), credentials)?.["nonce"], "next");
    x.peer.respond(x.peer.request("REGISTER"), 200);
    x.finish();
  });
}

// What a peer can make grow has a limit: each answer goes along with all that follow.
Deno.test("a registrar that has another realm each time: no more than sixteen answers are kept", () => {
  const x = exchange({ credentials: [{ username: "alice", password: "wonderland" }] });
  for (let i = 0; i < 40; i++) {
    send(x, "REGISTER");
    x.peer.respond(refuse(x, "REGISTER", 401, { realm: `r${i}`, qop: "auth" }), 200);
  }
  assertEquals(x.peer.request("REGISTER").getHeaders("Authorization").length, 16);
  x.finish();
});

Deno.test("hundreds of challenges in one response: sixteen are looked at", () => {
  const x = exchange({ credentials: [{ username: "alice", password: "wonderland" }] });
  send(x, "REGISTER");
  const scripts = Array.from({ length: 200 }, (_, i) => ({ realm: `r${i}`, qop: "auth" }));
  const second = refuse(x, "REGISTER", 401, ...scripts);
  assertEquals(second.getHeaders("Authorization").length, 16);
  x.peer.respond(second, 200);
  x.finish();
});

Deno.test("no realm: for one's own registrar, whose realm is known from then on", () => {
  const x = exchange({ credentials: [{ username: "alice", password: "wonderland" }] });
  x.invite();
  refuse(x, "INVITE", 407, { qop: "auth" });
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 407"]);
  send(x, "REGISTER");
  x.peer.respond(refuse(x, "REGISTER", 401, { qop: "auth" }), 200);
  x.invite();
  refuse(x, "INVITE", 407, { qop: "auth", realm: "elsewhere.example" });
  assertEquals(x.takeEvents().at(-1), "onReject 407");
  x.invite();
  const again = refuse(x, "INVITE", 407, { qop: "auth", nonce: "n2" });
  assert(isRight(again, "wonderland", "Proxy-Authorization"));
  x.peer.respond(again, 200);
  hangUp(x);
});

Deno.test("aor: credentials of one user are not another's", () => {
  const x = exchange({
    credentials: [
      { ...ALICE, username: "other", aor: URI.parse("sip:other@alice.example") },
      { ...ALICE, aor: URI.parse("sip:alice@ALICE.example") },
    ],
  });
  send(x, "REGISTER");
  const second = refuse(x, "REGISTER", 401, { qop: "auth" });
  assertEquals(credentialsIn(second)?.["username"], "alice");
  x.peer.respond(second, 200);
  x.finish();
});

Deno.test("no credentials: a challenge is the outcome", () => {
  const x = new Exchange();
  send(x, "REGISTER");
  refuse(x, "REGISTER", 401, { qop: "auth" });
  assertEquals(x.takeEvents(), ["REGISTER", "onReject 401"]);
  x.finish();
});

Deno.test("a name in UTF-8, with quotes and backslashes", () => {
  const username = `J\u00e4s\u00f8n "D" \\`;
  const x = exchange({ credentials: [{ ...ALICE, username }] });
  send(x, "REGISTER");
  const second = refuse(x, "REGISTER", 401, { qop: "auth", algorithm: "SHA-256" });
  assertEquals(credentialsIn(second)?.["username"], username);
  assert(isRight(second, "wonderland"));
  x.peer.respond(second, 200);
  x.finish();
});

// RFC 7616 §3.4.4.
Deno.test("userhash: the name goes hashed where the server can read it", () => {
  const x = exchange();
  send(x, "REGISTER");
  x.peer.respond(x.peer.request("REGISTER"), 401, {
    headers: [`${challenge({ qop: "auth", algorithm: "SHA-256" })}, userhash=true`],
  });
  const second = credentialsIn(x.peer.request("REGISTER"));
  assertEquals([second?.["username"]?.length, second?.["userhash"]], [64, "true"]);
  x.peer.respond(x.peer.request("REGISTER"), 200);
  x.finish();
});

Deno.test("what a program puts into Authorization itself stays, alone", () => {
  const x = exchange();
  const registration = requestOf(x, "REGISTER");
  registration.extraHeaders.push(`Authorization: Digest username="own"`);
  x.core.register(registration, x.recorder({}));
  const second = refuse(x, "REGISTER", 401, { qop: "auth" });
  assertEquals(second.getHeaders("Authorization"), [`Digest username="own"`]);
  refuse(x, "REGISTER", 401, { qop: "auth" });
  assertEquals(x.takeEvents().at(-1), "onReject 401");
  x.finish();
});

for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`every method that is sent outside of a dialog answers, over ${protocol}`, () => {
    for (const method of ["REGISTER", "OPTIONS", "MESSAGE", "PUBLISH", "REFER", "INFO"]) {
      const x = exchange({}, protocol);
      send(x, method);
      const second = refuse(x, method, 407, { qop: "auth" });
      assert(isRight(second, "wonderland", "Proxy-Authorization"), method);
      x.peer.respond(second, 200);
      assertEquals(x.takeEvents(), [method, method, "onAccept 200"]);
      x.finish();
    }
  });
}
