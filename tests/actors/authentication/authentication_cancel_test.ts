// cancel() and dispose() of an INVITE that is challenged: RFC 3261 §9.1, §22.1. In SIP.js 0.21.2 a
// cancel() is lost with the challenge, and the callee rings on.
import { assertEquals } from "@std/assert";
import type { OutgoingInviteRequest } from "@strowger/sip";
import { challenge } from "../../support/challenge.ts";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

function exchange(protocol = "UDP"): Exchange {
  const credentials = [{ realm: "biloxi.com", username: "alice", password: "wonderland" }];
  return new Exchange({ protocol, configuration: { credentials } });
}

function refuse(x: Exchange, status = 401): void {
  const headers = [challenge({ proxy: status === 407, qop: "auth" })];
  x.peer.respond(x.peer.request("INVITE"), status, { headers });
}

for (const status of [401, 407]) {
  for (const when of ["at once", "on the 100", "on the 180"]) {
    // "If the original request has generated a final response, the CANCEL SHOULD NOT be sent, as it is
    // an effective no-op": and the INVITE is not sent again.
    Deno.test(`cancel() ${when}, then ${status}: the callee never rings, and onReject has the ${status}`, () => {
      const x = exchange();
      const request = x.invite();
      const invite = x.peer.request("INVITE");
      if (when === "on the 100") x.peer.respond(invite, 100);
      if (when === "on the 180") x.peer.respond(invite, 180);
      request.cancel();
      refuse(x, status);
      assertEquals(x.peer.requests("INVITE").length, 1);
      assertEquals(x.peer.requests("CANCEL").length, when === "at once" ? 0 : 1);
      assertEquals(x.takeEvents().slice(-2), ["ACK", `onReject ${status}`]);
      if (when !== "at once") x.peer.respond(x.peer.request("CANCEL"), 200);
      x.clock.advance(TIMER_B);
      assertEquals(x.peer.requests("INVITE").length, 1);
      x.finish();
    });
  }
}

Deno.test("cancel() after the challenge: waits for the second INVITE's first provisional response", () => {
  const x = exchange();
  const request = x.invite();
  x.peer.respond(x.peer.request("INVITE"), 100);
  refuse(x);
  x.takeEvents();
  request.cancel("SIP;cause=200");
  request.cancel();
  assertEquals(x.takeEvents(), []);
  const second = x.peer.request("INVITE");
  x.peer.respond(second, 180);
  assertEquals(x.takeEvents(), ["CANCEL", "onProgress 180"]);
  const cancel = x.peer.request("CANCEL");
  // §9.1: the CANCEL matches the request that is being cancelled; §22.1: nobody may challenge it, so it
  // has the INVITE's credentials at once.
  assertEquals([cancel.cseq, cancel.viaBranch], [second.cseq, second.viaBranch]);
  assertEquals(cancel.getHeaders("Authorization"), second.getHeaders("Authorization"));
  assertEquals(cancel.getHeaders("Authorization").length, 1);
  x.peer.respond(cancel, 200);
  x.peer.respond(second, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  x.finish();
});

// §22.1: "servers MUST NOT attempt to challenge CANCEL requests since these requests cannot be
// resubmitted".
Deno.test("a CANCEL that is challenged nevertheless is not sent again", () => {
  const x = exchange();
  const request = x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  request.cancel();
  x.peer.respond(x.peer.request("CANCEL"), 401, { headers: [challenge({ qop: "auth" })] });
  x.peer.respond(x.peer.request("INVITE"), 487);
  assertEquals(x.peer.requests("CANCEL").length, 1);
  assertEquals(x.takeEvents().at(-1), "onReject 487");
  x.finish("ProtocolError");
});

Deno.test("cancel() inside the onTrying that comes before the challenge", () => {
  const x = exchange();
  let request: OutgoingInviteRequest | undefined = undefined;
  const cancel = () => (request as OutgoingInviteRequest | undefined)?.cancel();
  request = x.invite(x.recorder({ onTrying: cancel }));
  x.peer.respond(x.peer.request("INVITE"), 100);
  refuse(x);
  assertEquals(x.peer.requests("INVITE").length, 1);
  assertEquals(x.takeEvents().at(-1), "onReject 401");
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.finish();
});

Deno.test("a challenge inside send(), and the answer to the second inside its send()", () => {
  const x = exchange();
  x.peer.script = (message) => {
    if (message.kind !== "request") return;
    if (message.method === "INVITE" && !message.hasHeader("Authorization")) refuse(x);
    else if (message.method !== "ACK") x.peer.respond(message, 200);
  };
  const request = x.invite();
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "INVITE", "onAccept 200", "ACK"]);
  request.cancel();
  x.lastSession().bye();
  x.finish();
});

for (const protocol of ["UDP", "TCP"]) {
  for (const when of ["before the challenge", "after it", "when the second rings"]) {
    Deno.test(`dispose() ${when}: nothing is left, nobody is told, over ${protocol}`, () => {
      const x = exchange(protocol);
      const request = x.invite();
      const first = x.peer.request("INVITE");
      if (when !== "before the challenge") refuse(x);
      if (when === "when the second rings") x.peer.respond(x.peer.request("INVITE"), 180);
      x.takeEvents();
      request.dispose();
      x.assertEmpty();
      x.peer.respond(first, 401, { headers: [challenge()] });
      x.peer.respond(x.peer.request("INVITE"), 486);
      x.clock.advance(TIMER_B);
      assertEquals(x.takeEvents(), []);
      x.finish();
    });
  }
}

Deno.test("stop() before the challenge: the INVITE is not sent again, and the core stops", async () => {
  const x = exchange();
  x.invite();
  const stopped = x.core.stop();
  refuse(x);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 401"]);
  await stopped;
  x.finish();
});

Deno.test("stop() after the challenge: the second INVITE is cancelled, and the core stops", async () => {
  const x = exchange();
  x.invite();
  refuse(x);
  const stopped = x.core.stop();
  const second = x.peer.request("INVITE");
  x.peer.respond(second, 180);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(second, 487);
  assertEquals(x.takeEvents().at(-1), "onReject 487");
  await stopped;
  x.finish();
});

Deno.test("request.message is one object, and shows the attempt that is under way", () => {
  const x = exchange();
  const request = x.invite();
  const { message } = request;
  const first = message.branch;
  refuse(x);
  assertEquals(request.message === message, true);
  assertEquals(message.branch === first, false);
  assertEquals(message.branch, x.peer.request("INVITE").viaBranch);
  assertEquals([message.cseq, message.getHeader("CSeq")], [2, "2 INVITE"]);
  assertEquals(
    message.getHeaders("Authorization"),
    x.peer.request("INVITE").getHeaders("Authorization"),
  );
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish();
});

// §8.1.3.5: the same way again.
Deno.test("a connection that is lost in the second attempt fails it, once", () => {
  const x = exchange("TCP");
  x.invite();
  refuse(x);
  x.takeEvents();
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), ["onReject 408 local"]);
  x.finish();
});
