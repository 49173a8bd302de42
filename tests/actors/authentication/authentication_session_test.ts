// Challenges to requests within a dialog: RFC 3261 §22, §12.2.1.1, §14.1.
import { assert, assertEquals } from "@std/assert";
import type {
  Credentials,
  IncomingRequestMessage,
  OutgoingRequestDelegate,
  Session,
} from "@strowger/sip";
import { challenge, credentialsIn, isRight, refuse } from "../../support/challenge.ts";
import { Exchange, sdp } from "../../support/exchange.ts";
import { notify, PEER, subscribe } from "../../support/subscriptions.ts";

const ALICE: Credentials = { realm: "biloxi.com", username: "alice", password: "wonderland" };

const PROXY: Credentials = { realm: "proxy.example", username: "a1", password: "looking-glass" };

function exchange(credentials: Credentials[] = [ALICE, PROXY]): Exchange {
  return new Exchange({ configuration: { credentials } });
}

const isRightForProxy = (request: IncomingRequestMessage): boolean =>
  isRight(request, "wonderland", "Proxy-Authorization");

const BODY = sdp("v=0\r\n");

const SEND: Record<string, (session: Session, delegate: OutgoingRequestDelegate) => unknown> = {
  INVITE: (session, delegate) => session.invite(delegate, { body: BODY }),
  UPDATE: (session, delegate) => session.update(delegate),
  INFO: (session, delegate) => session.info(delegate),
  MESSAGE: (session, delegate) => session.message(delegate, { body: BODY }),
  NOTIFY: (session, delegate) =>
    session.notify(delegate, { extraHeaders: ["Event: x", "Subscription-State: active"] }),
  REFER: (session, delegate) =>
    session.refer(delegate, {
      extraHeaders: ["Refer-To: <sip:carol@carol.example>", "Refer-Sub: false"],
    }),
  BYE: (session, delegate) => session.bye(delegate),
};

for (const [method, send] of Object.entries(SEND)) {
  Deno.test(`${method} that a proxy challenges goes again, with the dialog's next number`, () => {
    const x = exchange();
    const { session } = x.callOut({ body: BODY });
    send(session, x.recorder({ onAccept: (response) => void response.ack?.() }));
    const first = x.peer.request(method);
    const again = refuse(x, method, 407, { qop: "auth" });
    assert(isRightForProxy(again));
    assertEquals([first.cseq, again.cseq, again.toTag], [2, 3, "far"]);
    assertEquals(again.body, first.body);
    x.peer.respond(again, 200, method === "INVITE" ? { body: "v=0\r\n" } : {});
    const told = x.takeEvents().filter((event) => event.startsWith("on"));
    assertEquals(told, ["onAccept 200"]);
    if (method === "INVITE") {
      // §22.1: the ACK has the credentials of the INVITE that it belongs to.
      const ack = x.peer.request("ACK");
      assertEquals(ack.cseq, 3);
      assertEquals(ack.getHeaders("Proxy-Authorization"), again.getHeaders("Proxy-Authorization"));
    }
    if (method !== "BYE") {
      session.bye();
      const bye = x.peer.request("BYE");
      assertEquals(credentialsIn(bye, "Proxy-Authorization")?.["nc"], "00000002");
      assertEquals(bye.cseq, 4);
      x.peer.respond(bye, 200);
    }
    x.finish();
  });

  // The password that a registrar or a proxy was given for is not for whoever has picked up.
  Deno.test(`${method} that the far end challenges: it gets nothing`, () => {
    const x = exchange();
    const { session } = x.callOut({ body: BODY });
    send(session, x.recorder({}));
    refuse(x, method, 401, { qop: "auth" });
    assertEquals(x.peer.requests(method).some((each) => each.hasHeader("Authorization")), false);
    assertEquals(x.takeEvents().filter((event) => event.startsWith("on")), ["onReject 401"]);
    if (method !== "BYE") {
      assertEquals(session.sessionState, "Confirmed");
      session.bye();
      x.peer.respond(x.peer.request("BYE"), 200);
    }
    x.finish();
  });
}

// RFC 3262 §4: a PRACK is a request within the dialog like any other.
Deno.test("PRACK that a proxy challenges goes again, with the same RAck", () => {
  const x = exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, { headers: ["Require: 100rel", "RSeq: 7"] });
  x.progressed[0]?.prack();
  const again = refuse(x, "PRACK", 407, { qop: "auth" });
  assert(isRightForProxy(again));
  assertEquals([again.cseq, again.getHeader("RAck")], [3, "7 1 INVITE"]);
  x.peer.respond(again, 200);
  x.peer.respond(invite, 486);
  x.finish();
});

Deno.test("cancel() of a re-INVITE before its challenge: it does not go again", () => {
  const x = exchange();
  const { session } = x.callOut({ body: BODY });
  const request = session.invite(x.recorder({}), { body: BODY });
  request.cancel();
  refuse(x, "INVITE", 407, { qop: "auth" });
  assertEquals(x.peer.requests("INVITE").length, 2);
  assertEquals(x.takeEvents().at(-1), "onReject 407");
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §22.3: "it should incorporate credentials for that realm in all subsequent requests that contain
// the same Call-ID".
Deno.test("requests in the dialog carry what the INVITE was challenged for", () => {
  const x = exchange();
  x.invite();
  refuse(x, "INVITE", 407, { realm: "proxy.example", qop: "auth", nonce: "p" });
  x.peer.respond(refuse(x, "INVITE", 401, { qop: "auth" }), 200);
  x.lastSession().bye();
  const bye = x.peer.request("BYE");
  assert(isRight(bye, "wonderland"));
  assert(isRight(bye, "looking-glass", "Proxy-Authorization", "proxy.example"));
  assertEquals(bye.cseq, 4);
  x.peer.respond(bye, 200);
  x.finish();
});

Deno.test("the callee's BYE is answered for, too", () => {
  const x = exchange();
  x.takeInvites((request) => void request.accept());
  x.peer.ask("INVITE");
  x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
  const [invited] = x.invited;
  assert(invited !== undefined);
  x.core.delegate = {};
  x.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "BYE") return;
    if (message.hasHeader("Proxy-Authorization")) x.peer.respond(message, 200);
    else x.peer.respond(message, 407, { headers: [challenge({ qop: "auth", proxy: true })] });
  };
  x.core.stop();
  assertEquals(
    x.peer.requests("BYE").map((bye) => isRight(bye, "wonderland", "Proxy-Authorization")),
    [
      false,
      true,
    ],
  );
  x.finish();
});

Deno.test("the far end has the realm of the proxy that has challenged the INVITE: it gets nothing", () => {
  const x = exchange();
  x.invite();
  x.peer.respond(refuse(x, "INVITE", 407, { qop: "auth" }), 200);
  x.lastSession().bye(x.recorder({}));
  x.takeEvents();
  refuse(x, "BYE", 401, { qop: "auth" });
  assertEquals(x.takeEvents(), ["onReject 401"]);
  x.finish();
});

// Nothing forks here: whoever says 401 is no proxy, and Proxy-Authenticate does not make one of it.
for (const challenged of [false, true]) {
  const before = challenged ? "after a proxy's 407" : "unchallenged before";
  Deno.test(`the far end asks for the proxy's password in a 401, ${before}: it gets nothing`, () => {
    const x = exchange();
    x.invite();
    if (challenged) refuse(x, "INVITE", 407, { qop: "auth" });
    x.peer.respond(x.peer.request("INVITE"), 200);
    x.lastSession().bye(x.recorder({}));
    x.takeEvents();
    const headers = [challenge({ qop: "auth", nonce: "n2", proxy: true })];
    x.peer.respond(x.peer.request("BYE"), 401, { headers });
    assertEquals(x.takeEvents(), ["onReject 401"]);
    x.finish();
  });
}

Deno.test("forFarEnd: the far end of a dialog gets what was given for it", () => {
  const x = exchange([{ ...ALICE, forFarEnd: true }]);
  const { session } = x.callOut();
  session.bye(x.recorder({}));
  const again = refuse(x, "BYE", 401, { qop: "auth" });
  assert(isRight(again, "wonderland"));
  x.peer.respond(again, 200);
  x.finish();
});

Deno.test("the far end that has challenged the INVITE has the credentials already, and gets them anew", () => {
  const x = exchange();
  x.invite();
  x.peer.respond(refuse(x, "INVITE", 401, { qop: "auth" }), 200);
  x.lastSession().bye(x.recorder({}));
  const again = refuse(x, "BYE", 401, { qop: "auth", nonce: "n2", stale: true });
  assertEquals(credentialsIn(again)?.["nonce"], "n2");
  assert(isRight(again, "wonderland"));
  x.peer.respond(again, 200);
  x.finish();
});

// RFC 6665 §4.1.2.2: a refresh is "a SUBSCRIBE request on the same dialog as the existing
// subscription", with the same credentials, then.
for (const [status, header] of [[401, "Authorization"], [407, "Proxy-Authorization"]] as const) {
  Deno.test(`a SUBSCRIBE that is answered ${status}, its refresh, and a nonce that is stale by then`, () => {
    const x = exchange();
    const { subscriptions } = subscribe(x, { expires: 600 });
    const second = refuse(x, "SUBSCRIBE", status, { qop: "auth" });
    assert(isRight(second, "wonderland", header));
    x.peer.respond(second, 200, { headers: ["Expires: 600"], contact: PEER });
    notify(x.peer, second, "active;expires=600");
    assertEquals(subscriptions[0]?.subscriptionState, "Active");
    subscriptions[0]?.unsubscribe();
    const third = x.peer.request("SUBSCRIBE");
    assertEquals([third.cseq, third.toTag], [3, "far"]);
    assertEquals(credentialsIn(third, header)?.["nc"], "00000002");
    const fourth = refuse(x, "SUBSCRIBE", status, { qop: "auth", nonce: "n2", stale: true });
    assertEquals([fourth.cseq, credentialsIn(fourth, header)?.["nonce"]], [4, "n2"]);
    assert(isRight(fourth, "wonderland", header));
    x.peer.respond(fourth, 200, { headers: ["Expires: 0"] });
    notify(x.peer, second, "terminated;reason=timeout");
    x.finish();
  });
}
