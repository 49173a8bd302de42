// A failure that is answered by sending the request again: RFC 3261 §8.1.3.5, §22.2.
import { assertEquals, assertNotEquals } from "@std/assert";
import type { IncomingRequestMessage, OutgoingInviteRequest } from "@strowger/sip";
import type { RetryPolicy } from "../../../actors/transactions/attempts.ts";
import { Dialog } from "../../../actors/dialogs/dialog.ts";
import { InviteUserAgentClient } from "../../../actors/calls/invite_user_agent_client.ts";
import { UserAgentClient } from "../../../actors/transactions/user_agent_client.ts";
import { Exchange, type InviteOptions } from "../../support/exchange.ts";

/** RFC 4028 §7.3 is one that answers so: with another Min-SE. */
const ON_422: RetryPolicy = ({ statusCode }) =>
  statusCode === 422 ? { change: (message) => message.setHeader("Min-SE", "900") } : undefined;

/** RFC 3261 §14.1: after a while. */
const ON_491: RetryPolicy = ({ statusCode }) =>
  statusCode === 491 ? { delay: 2500, change: () => {} } : undefined;

function inviteWith(
  x: Exchange,
  retry: RetryPolicy,
  options?: InviteOptions,
): OutgoingInviteRequest {
  const supervisor = x.core["supervisor"];
  return new InviteUserAgentClient(supervisor, x.message(options), x.recorder(), retry).start();
}

/** What has to stay from attempt to attempt. */
function kept(request: IncomingRequestMessage): unknown[] {
  const { ruri, callId, fromTag, toTag } = request;
  const lines = ["From", "To", "Contact", "Route", "Subject"].map((name) =>
    request.getHeaders(name)
  );
  return [`${ruri}`, callId, fromTag, toTag, ...lines, request.body];
}

// §22.2: "it MUST increment the CSeq header field value as it would normally when sending an updated
// request." §8.1.3.5: "the value of the Call-ID, To, and From ... SHOULD be the same".
Deno.test("an INVITE goes again: new branch, CSeq + 1, all else as it was but what had to change", () => {
  const x = new Exchange();
  const request = inviteWith(x, ON_422, {
    extraHeaders: ["Subject: lunch"],
    options: { routeSet: ["<sip:bob.example;lr>"] },
  });
  const { message } = request;
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 422);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "INVITE"]);
  const second = x.peer.request("INVITE");
  assertEquals(kept(second), kept(first));
  assertEquals([first.cseq, second.cseq], [1, 2]);
  assertNotEquals(second.viaBranch, first.viaBranch);
  assertEquals(second.getHeader("Min-SE"), "900");
  assertEquals(request.message, message);
  assertEquals([message.cseq, message.branch], [2, second.viaBranch]);
  x.peer.respond(second, 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
  assertEquals(x.peer.request("ACK").cseq, 2);
  x.lastSession().bye();
  assertEquals(x.peer.request("BYE").cseq, 3);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §17.1.1.3: the ACK "MUST contain values for the Call-ID, From, and Request-URI that are equal to the
// values of those header fields in the request passed to the transport by the client transaction",
// and its Via "MUST be equal to the top Via header field of the original request".
Deno.test("a failure that comes again while the next INVITE is under way: the ACK of its own attempt", () => {
  const x = new Exchange();
  inviteWith(x, ON_422);
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 422);
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.takeEvents();
  x.peer.respond(first, 422);
  assertEquals(x.takeEvents(), ["ACK"]);
  const [one, two] = x.peer.requests("ACK");
  assertEquals(x.peer.texts.filter((text) => text.startsWith("ACK")).length, 2);
  assertEquals(`${two}`, `${one}`);
  assertEquals([two?.cseq, two?.viaBranch, two?.getHeader("Min-SE")], [
    first.cseq,
    first.viaBranch,
    undefined,
  ]);
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["ACK", "onReject 486"]);
  assertEquals(x.peer.request("ACK").cseq, 2);
  x.finish();
});

Deno.test("no more than eight attempts: the last failure is the outcome", () => {
  const x = new Exchange();
  inviteWith(x, ON_422);
  for (let i = 0; i < 8; i++) x.peer.respond(x.peer.request("INVITE"), 422);
  assertEquals(x.peer.requests("INVITE").length, 8);
  assertEquals(x.takeEvents().at(-1), "onReject 422");
  x.finish();
});

for (const when of ["before any response", "while it rings"]) {
  Deno.test(`cancel() ${when}, then a failure that could be answered: it is the outcome`, () => {
    const x = new Exchange();
    const request = inviteWith(x, ON_422);
    const invite = x.peer.request("INVITE");
    if (when === "while it rings") x.peer.respond(invite, 180);
    request.cancel();
    x.peer.respond(invite, 422);
    assertEquals(x.peer.requests("INVITE").length, 1);
    assertEquals(x.takeEvents().slice(-2), ["ACK", "onReject 422"]);
    if (when === "while it rings") x.peer.respond(x.peer.request("CANCEL"), 200);
    x.finish();
  });
}

// §9.1: "the client MUST wait for the arrival of a provisional response before sending the request."
Deno.test("cancel() in the second attempt: its CANCEL waits for its first provisional response", () => {
  const x = new Exchange();
  const request = inviteWith(x, ON_422);
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.peer.respond(x.peer.request("INVITE"), 422);
  x.takeEvents();
  request.cancel();
  assertEquals(x.takeEvents(), []);
  const second = x.peer.request("INVITE");
  x.peer.respond(second, 180);
  assertEquals(x.takeEvents(), ["CANCEL", "onProgress 180"]);
  const cancel = x.peer.request("CANCEL");
  assertEquals([cancel.cseq, cancel.viaBranch], [2, second.viaBranch]);
  x.peer.respond(cancel, 200);
  x.peer.respond(second, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  x.finish();
});

Deno.test("after a while: nothing before, and then the next attempt", () => {
  const x = new Exchange({ protocol: "TCP" });
  inviteWith(x, ON_491);
  x.peer.respond(x.peer.request("INVITE"), 491);
  x.clock.advance(2499);
  assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["ACK", "onReject 486"]);
  x.finish();
});

for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`cancel() in the while between: the failure is the outcome, over ${protocol}`, () => {
    const x = new Exchange({ protocol });
    const request = inviteWith(x, ON_491);
    x.peer.respond(x.peer.request("INVITE"), 491);
    x.clock.advance(1000);
    x.takeEvents();
    request.cancel();
    assertEquals(x.takeEvents(), ["onReject 491"]);
    x.finish();
  });

  Deno.test(`dispose() in the while between: nothing is left, over ${protocol}`, () => {
    const x = new Exchange({ protocol });
    const request = inviteWith(x, ON_491);
    x.peer.respond(x.peer.request("INVITE"), 491);
    x.clock.advance(1000);
    x.takeEvents();
    request.dispose();
    x.assertEmpty();
    x.clock.advance(100_000);
    assertEquals(x.takeEvents(), []);
    x.finish();
  });
}

Deno.test("a while that is lengthened, and dispose() of the core in it: no timer is left", async () => {
  const x = new Exchange({ protocol: "TCP" });
  inviteWith(x, () => ({ delay: 1000, isBlocked: () => true, change: () => {} }));
  x.peer.respond(x.peer.request("INVITE"), 491);
  x.clock.advance(2500);
  assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
  await x.core.dispose();
  x.finish();
});

Deno.test("stop() in the while between: the failure is the outcome, and the core stops", async () => {
  const x = new Exchange({ protocol: "TCP" });
  inviteWith(x, ON_491);
  x.peer.respond(x.peer.request("INVITE"), 491);
  x.clock.advance(1000);
  x.takeEvents();
  await x.core.stop();
  assertEquals(x.takeEvents(), ["onReject 491"]);
  x.finish();
});

Deno.test("dispose() in the second attempt: nothing is left of either", () => {
  const x = new Exchange();
  const request = inviteWith(x, ON_422);
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 422);
  request.dispose();
  x.assertEmpty();
  x.takeEvents();
  x.peer.respond(first, 422);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("an answer that cannot be given: the failure is the outcome, and it is reported", () => {
  const x = new Exchange();
  inviteWith(x, () => ({ change: (message) => message.setHeader("Min-SE", "9\r\nX: y") }));
  x.peer.respond(x.peer.request("INVITE"), 422);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 422"]);
  x.finish("InternalError");
});

// §13.2.2.3: "All early dialogs are considered terminated upon reception of the non-2xx final
// response."
Deno.test("the early session of an attempt ends with it; that of the next is another", () => {
  const x = new Exchange();
  inviteWith(x, ON_422);
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 180, { toTag: "one" });
  x.peer.respond(first, 422, { toTag: "one" });
  assertEquals(x.progressed[0]?.session?.sessionState, "Terminated");
  const second = x.peer.request("INVITE");
  x.peer.respond(second, 180, { toTag: "one" });
  x.peer.respond(second, 200, { toTag: "one" });
  assertEquals(x.lastSession(), x.progressed[1]?.session);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §16.7: a proxy forwards any 2xx, even after a failure; somebody has to end that call.
Deno.test("a 2xx to an attempt that has failed: acknowledged and ended, and the next one goes on", () => {
  const x = new Exchange();
  inviteWith(x, ON_422);
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 422);
  x.takeEvents();
  x.peer.respond(first, 200, { toTag: "late" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  assertEquals([x.peer.request("ACK").cseq, x.peer.request("BYE").cseq], [1, 2]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §12.2.1.1: "The CSeq ... MUST be incremented by one": the dialog counts, whoever sends.
Deno.test("a request in a dialog takes the dialog's next number", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const response = x.accepted[0]?.message;
  const dialog = response === undefined ? undefined : Dialog.fromResponse(response);
  if (!(dialog instanceof Dialog)) throw new Error("no dialog");
  const make = (method: string) =>
    new UserAgentClient(x.core["supervisor"], dialog.request(method), dialog, undefined, {
      retry: ON_422,
    });
  make("INFO").start();
  make("OPTIONS").start();
  x.peer.respond(x.peer.request("INFO"), 422);
  assertEquals(x.peer.requests("INFO").map(({ cseq }) => cseq), [2, 4]);
  assertEquals(x.peer.requests("INFO").map(({ toTag }) => toTag), ["far", "far"]);
  x.peer.respond(x.peer.request("INFO"), 200);
  x.peer.respond(x.peer.request("OPTIONS"), 200);
  session.dispose();
  x.finish();
});

Deno.test("a request that is no INVITE: told of the last attempt only, and of its end once", () => {
  const x = new Exchange();
  const { ruri, fromURI } = x.message();
  const register = x.core.makeOutgoingRequestMessage("REGISTER", ruri, fromURI, fromURI);
  let ends = 0;
  const way = { nextHop: ruri };
  new UserAgentClient(x.core["supervisor"], register, way, x.recorder({}), {
    retry: ON_422,
    onEnd: () => ends++,
  }).start();
  x.peer.respond(x.peer.request("REGISTER"), 422);
  assertEquals(ends, 0);
  x.clock.advance(10_000);
  assertEquals(ends, 0);
  x.peer.respond(x.peer.request("REGISTER"), 200);
  assertEquals(ends, 1);
  assertEquals(x.takeEvents().filter((event) => event !== "REGISTER"), ["onAccept 200"]);
  x.finish();
});
