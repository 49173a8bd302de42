// What was to be sent could not be sent: RFC 3261 §8.1.3.1, §17.1.4.
import { assertEquals, assertMatch } from "@std/assert";
import { type OutgoingInviteRequest, TransportError, UserAgentCore } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

function failWith(x: Exchange, how: "throws" | "rejects", when: (text: string) => boolean) {
  x.transport.onSend = (text) => {
    if (!when(text)) return;
    const error = new TypeError("the cable is cut");
    if (how === "throws") throw error;
    return Promise.reject(error);
  };
}

const is = (method: string) => (text: string) => text.startsWith(`${method} `);

// "If a fatal transport error is reported by the transport layer ... the condition MUST be treated as
// a 503 (Service Unavailable) status code."
for (const how of ["throws", "rejects"] as const) {
  Deno.test(`a send that fails at once (${how}): onReject with a local 503; nothing is left`, async () => {
    const x = new Exchange();
    failWith(x, how, () => true);
    x.invite();
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onReject 503 local"]);
    assertMatch(x.rejected[0]?.message.reasonPhrase ?? "", /the cable is cut/);
    x.assertEmpty();
    x.finish();
  });

  Deno.test(`a send that fails at once (${how}): a delegate that is set after invite() hears of it`, async () => {
    const x = new Exchange();
    failWith(x, how, () => true);
    const request = x.core.invite(x.message());
    request.delegate = x.recorder();
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onReject 503 local"]);
    x.finish();
  });

  Deno.test(`a send that fails at once (${how}): the request is there for its delegate`, async () => {
    const x = new Exchange();
    failWith(x, how, () => true);
    const request: OutgoingInviteRequest = x.invite(x.recorder({
      onReject: () => request.dispose(),
    }));
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onReject 503 local"]);
    x.finish();
  });

  Deno.test(`a repetition of the INVITE that fails (${how}): onReject with a local 503`, async () => {
    const x = new Exchange();
    x.invite();
    failWith(x, how, () => true);
    await x.clock.advanceAsync(500);
    assertEquals(x.takeEvents(), ["INVITE", "onReject 503 local"]);
    x.finish();
  });

  Deno.test(`a send that fails inside the ACK to a 2xx (${how}): reported, and the call is up`, async () => {
    const x = new Exchange();
    failWith(x, how, is("ACK"));
    x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 200);
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["INVITE", "onAccept 200"]);
    assertEquals(x.lastSession().sessionState, "Confirmed");
    assertEquals(x.errors.map((error) => error.code), ["transport"]);
    x.transport.onSend = () => {};
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["ACK"]);
    x.lastSession().bye();
    x.peer.respond(x.peer.request("BYE"), 200);
    x.finish("TransportError");
  });

  Deno.test(`a send that fails inside the ACK to a 486 (${how}): onReject with the 486, once`, async () => {
    const x = new Exchange();
    failWith(x, how, is("ACK"));
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 486);
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["INVITE", "onReject 486"]);
    x.clock.advance(100_000);
    x.assertEmpty();
  });

  Deno.test(`a send that fails inside the CANCEL (${how}): reported; the INVITE goes on`, async () => {
    const x = new Exchange();
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    failWith(x, how, is("CANCEL"));
    request.cancel();
    await x.clock.advanceAsync(0);
    assertEquals(x.errors.length, 1);
    x.peer.respond(invite, 486);
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "ACK", "onReject 486"]);
    x.errors.length = 0;
    x.finish();
  });

  Deno.test(`a send that fails inside the BYE (${how}): its delegate hears a local 503; the session is over`, async () => {
    const x = new Exchange();
    const { session } = x.callOut();
    failWith(x, how, is("BYE"));
    session.bye(x.recorder());
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents().slice(-1), ["onReject 503 local"]);
    assertEquals(session.sessionState, "Terminated");
    x.finish();
  });

  Deno.test(`a send that fails inside PRACK (${how}): nothing else is harmed`, async () => {
    const x = new Exchange();
    failWith(x, how, is("PRACK"));
    x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180, { headers: ["Require: 100rel", "RSeq: 1"] });
    await x.clock.advanceAsync(0);
    x.peer.respond(invite, 486);
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "ACK", "onReject 486"]);
    x.finish();
  });

  // RFC 6026 §7.1: on a transport error, "the server transaction MUST remain in its current state".
  Deno.test(`an answer that cannot be sent (${how}): the request's delegate is told, and it is repeated`, async () => {
    const x = new Exchange();
    x.takeInvites((request) => {
      request.delegate = { onTransportError: (error) => void x.events.push(error.code) };
      request.reject();
    });
    failWith(x, how, is("SIP/2.0"));
    x.peer.ask("INVITE", { branch: "z9hG4bK1" });
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onInvite", "transport"]);
    x.transport.onSend = () => {};
    await x.clock.advanceAsync(500);
    assertEquals(x.takeEvents(), ["480 INVITE"]);
    x.peer.ask("ACK", { branch: "z9hG4bK1", toTag: x.peer.response("INVITE").toTag ?? "" });
    x.finish();
  });

  Deno.test(`an answer that cannot be sent (${how}), and no delegate: reported`, async () => {
    const x = new Exchange();
    x.takeInvites((request) => {
      request.delegate = {};
      request.reject();
    });
    failWith(x, how, is("SIP/2.0"));
    x.peer.ask("INVITE", { branch: "z9hG4bK1" });
    await x.clock.advanceAsync(0);
    x.transport.onSend = () => {};
    await x.clock.advanceAsync(500);
    x.peer.ask("ACK", { branch: "z9hG4bK1", toTag: x.peer.response("INVITE").toTag ?? "" });
    x.finish("TransportError");
  });

  Deno.test(`a 2xx that cannot be sent (${how}): repeated all the same`, async () => {
    const x = new Exchange();
    x.takeInvites((request) => void request.accept());
    failWith(x, how, is("SIP/2.0"));
    x.peer.ask("INVITE");
    await x.clock.advanceAsync(0);
    x.transport.onSend = () => {};
    x.takeEvents();
    await x.clock.advanceAsync(500);
    assertEquals(x.takeEvents(), ["200 INVITE"]);
    const toTag = x.peer.response("INVITE").toTag ?? "";
    x.peer.ask("ACK", { toTag });
    x.peer.ask("BYE", { toTag, cseq: 2 });
    x.finish("TransportError");
  });

  Deno.test(`the answer to a broken request cannot be sent (${how}), and onError throws: nothing gets out`, async () => {
    const rejections: unknown[] = [];
    const onRejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      rejections.push(event.reason);
    };
    addEventListener("unhandledrejection", onRejection);
    const x = new Exchange({
      configuration: {
        onError: () => {
          throw new Error("a guest's mistake");
        },
      },
    });
    failWith(x, how, is("SIP/2.0"));
    x.peer.send(x.peer.writeRequest("INVITE").replace("CSeq: 1", "CSeq: -1"));
    await x.clock.advanceAsync(0);
    removeEventListener("unhandledrejection", onRejection);
    assertEquals(rejections, []);
    x.finish();
  });
}

Deno.test("a send that fails late, after a provisional: the outcome is told once, and nothing is left", async () => {
  const x = new Exchange();
  const { promise, reject } = Promise.withResolvers<void>();
  let first = true;
  x.transport.onSend = () => {
    if (!first) return;
    first = false;
    return promise;
  };
  x.invite();
  await x.clock.advanceAsync(500);
  x.peer.respond(x.peer.request("INVITE"), 180);
  reject(new Error("late"));
  await x.clock.advanceAsync(0);
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.rejected.length, 1);
  x.finish();
});

Deno.test("a send that fails late, after a 2xx: the call stays up", async () => {
  const x = new Exchange();
  const { promise, reject } = Promise.withResolvers<void>();
  let first = true;
  x.transport.onSend = () => {
    if (!first) return;
    first = false;
    return promise;
  };
  x.invite();
  await x.clock.advanceAsync(500);
  x.peer.respond(x.peer.request("INVITE"), 200);
  reject(new Error("late"));
  await x.clock.advanceAsync(0);
  assertEquals(x.rejected.length, 0);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("a TransportError of the transport is passed on as it is", async () => {
  const x = new Exchange();
  x.transport.onSend = () => Promise.reject(new TransportError("no route to host"));
  x.invite();
  await x.clock.advanceAsync(0);
  assertEquals(
    x.rejected[0]?.message.reasonPhrase,
    "Service Unavailable: no route to host",
  );
  x.finish();
});

Deno.test("an error with CR and LF in its message: still one line", async () => {
  const x = new Exchange();
  x.transport.onSend = () => Promise.reject(new Error("a\r\nb\0c"));
  x.invite();
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
  x.finish();
});

for (
  const [what, to] of [
    ["sips: and no secure transport", "sips:bob@bob.example"],
    ["a transport that the core does not have", "sip:bob@bob.example;transport=tcp"],
    ["tel: and no route", "tel:+1234"],
  ] as const
) {
  Deno.test(`no way to send: ${what}: a local 503; nothing is left`, async () => {
    const x = new Exchange();
    x.invite(x.recorder(), { to });
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onReject 503 local"]);
    x.finish();
  });
}

Deno.test("a core without transports: a local 503", async () => {
  const x = new Exchange();
  await using core = new UserAgentCore({ transports: [], clock: x.clock });
  core.invite(x.message(), x.recorder());
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
});

Deno.test("a connection is lost: the requests that used it fail, and no other", () => {
  const x = new Exchange({ protocol: "TCP" });
  const carol = x.peerAt("carol.example");
  x.invite(x.recorder(), { to: "sip:bob@bob.example:5060" });
  x.invite(x.recorder(), { to: "sip:carol@carol.example:5060" });
  x.takeEvents();
  const remote = { host: "bob.example", port: 5060, connection: "1" };
  x.transport.receiver?.disconnected(remote, new TransportError("reset by peer"));
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
  carol.respond(carol.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "carol.example ACK"]);
  x.transport.receiver?.disconnected(
    { host: "carol.example", port: 5060 },
    new TransportError("reset by peer"),
  );
  assertEquals(x.takeEvents(), []);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  x.lastSession().bye();
  carol.respond(carol.request("BYE"), 200);
  x.finish();
});

Deno.test("a connection is lost while it rings: a local 503; early sessions are over", () => {
  const x = new Exchange({ protocol: "TCP" });
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.takeEvents();
  x.transport.receiver?.disconnected({ host: "bob.example", port: 5060 }, new Error("gone"));
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
  assertEquals(x.progressed[0]?.session?.sessionState, "Terminated");
  x.finish();
});

Deno.test("an answer delivered inside send() finds its call: 486", () => {
  const x = new Exchange();
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "INVITE") x.peer.respond(message, 486);
  };
  x.invite();
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.finish();
});

Deno.test("answers delivered inside send() find their call: 100, 180, 200, and the BYE's 200", () => {
  const x = new Exchange();
  x.peer.script = (message) => {
    if (message.kind !== "request") return;
    if (message.method === "INVITE") {
      for (const status of [100, 180, 200]) x.peer.respond(message, status);
    } else if (message.method === "BYE") x.peer.respond(message, 200);
  };
  x.invite();
  assertEquals(x.takeEvents(), [
    "INVITE",
    "onTrying 100",
    "onProgress 180",
    "onAccept 200",
    "ACK",
  ]);
  const session = x.lastSession();
  session.bye({ onAccept: () => void x.events.push("BYE accepted") });
  assertEquals(x.takeEvents(), ["BYE", "BYE accepted"]);
  assertEquals(session.sessionState, "Terminated");
  x.finish();
});

Deno.test("answers delivered inside send(): the CANCEL's 200 and the 487 inside the CANCEL", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "CANCEL") return;
    x.peer.respond(message, 200);
    x.peer.respond(invite, 487);
  };
  x.takeEvents();
  request.cancel();
  assertEquals(x.takeEvents(), ["CANCEL", "ACK", "onReject 487"]);
  x.finish();
});

Deno.test("a BYE delivered inside the ACK's send()", () => {
  const x = new Exchange();
  x.peer.script = (message) => {
    if (message.kind !== "request") return;
    if (message.method === "INVITE") x.peer.respond(message, 200);
    if (message.method === "ACK") {
      x.peer.ask("BYE", { callId: message.callId, toTag: message.fromTag ?? "" });
    }
  };
  x.invite();
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200", "ACK", "200 BYE"]);
  assertEquals(x.lastSession().sessionState, "Terminated");
  x.finish();
});
