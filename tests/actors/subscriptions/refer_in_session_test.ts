/**
 * REFER within a session, both ways: RFC 3515 §2.4, and RFC 5057 on what shares a dialog.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  type IncomingReferRequest,
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  type ReferNotifier,
  type Session,
} from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";
import { PEER, recordSubscriptions } from "../../support/subscriptions.ts";

const CAROL = "Refer-To: <sip:carol@carol.example>";

/** A call that is up, and what the peer says within it. */
class Call {
  readonly x: Exchange = new Exchange();
  readonly session: Session;
  readonly invite: IncomingRequestMessage;
  private sequence = 100;

  constructor() {
    const { session, invite } = this.x.callOut();
    this.session = session;
    this.invite = invite;
  }

  /** The peer sends a request within the dialog. */
  ask(method: string, headers: string[] = [], body?: string): void {
    this.x.peer.ask(method, {
      callId: this.invite.callId,
      toTag: this.invite.fromTag ?? "",
      cseq: ++this.sequence,
      contact: PEER,
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The peer reports. */
  report(state: string, status: string, event = "refer"): void {
    const type = "Content-Type: message/sipfrag;version=2.0";
    this.ask(
      "NOTIFY",
      [`Event: ${event}`, `Subscription-State: ${state}`, type],
      `SIP/2.0 ${status}`,
    );
  }

  /** The peer hangs up. */
  hangUp(): void {
    this.ask("BYE");
  }
}

Deno.test("session.refer(): in the dialog, with a Contact; its NOTIFYs make a subscription", () => {
  const { x, session, ...call } = Object.assign(new Call());
  const { all, delegate } = recordSubscriptions(x);
  session.refer(delegate, { extraHeaders: [CAROL] });
  const refer = x.peer.request("REFER");
  assertEquals(refer.callId, call.invite.callId);
  assertEquals(refer.toTag, "far");
  assertEquals(refer.cseq, call.invite.cseq + 1);
  assertEquals(refer.getHeader("Refer-To"), "<sip:carol@carol.example>");
  assertEquals(refer.hasHeader("Contact"), true);
  assertEquals(all, []);
  session.dispose();
  x.finish();
});

Deno.test("the NOTIFYs of a REFER: its delegate first, then the subscription's", () => {
  const call = new Call();
  const { x, session } = call;
  const { all, delegate } = recordSubscriptions(x);
  session.refer(delegate, { extraHeaders: [CAROL] });
  // It may come before the 202.
  call.report("active;expires=60", "100 Trying");
  x.peer.respond(x.peer.request("REFER"), 202, { contact: PEER });
  call.report("active;expires=60", "180 Ringing");
  call.report("terminated;reason=noresource", "200 OK");
  assertEquals(x.takeEvents(), [
    "REFER",
    "onNotify active",
    "200 NOTIFY",
    "onAccept 202",
    "further active",
    "200 NOTIFY",
    "further terminated noresource",
    "200 NOTIFY",
  ]);
  assertEquals(all[0]?.subscriptionState, "Terminated");
  assertEquals(session.sessionState, "Confirmed");
  // It has been there.
  call.report("active;expires=60", "100 Trying");
  assertEquals(x.takeEvents(), ["481 NOTIFY"]);
  call.hangUp();
  x.finish();
});

Deno.test("without such a delegate, the session's takes them; without that, they are answered 200", () => {
  const call = new Call();
  const { x, session } = call;
  session.refer(x.recorder({}), { extraHeaders: [CAROL] });
  x.peer.respond(x.peer.request("REFER"), 202, { contact: PEER });
  call.report("active;expires=60", "100 Trying");
  session.delegate = {
    onNotify: (request) => {
      x.events.push(`session ${request.message.body.trim()}`);
      request.accept();
    },
  };
  call.report("active;expires=60", "180 Ringing");
  call.report("terminated;reason=noresource", "200 OK");
  assertEquals(x.takeEvents(), [
    "REFER",
    "onAccept 202",
    "200 NOTIFY",
    "session SIP/2.0 180 Ringing",
    "200 NOTIFY",
    "session SIP/2.0 200 OK",
    "200 NOTIFY",
  ]);
  call.hangUp();
  x.finish();
});

// RFC 3515 §2.4.6.
Deno.test("two REFERs in one session: each has its own NOTIFYs", () => {
  const call = new Call();
  const { x, session } = call;
  const first = recordSubscriptions(x, "1 ");
  const second = recordSubscriptions(x, "2 ");
  session.refer(first.delegate, { extraHeaders: [CAROL] });
  x.peer.respond(x.peer.request("REFER"), 202, { contact: PEER });
  session.refer(second.delegate, { extraHeaders: [CAROL] });
  const refer = x.peer.request("REFER");
  x.peer.respond(refer, 202, { contact: PEER });
  x.takeEvents();
  call.report("active;expires=60", "100 Trying", `refer;id=${refer.cseq}`);
  call.report("active;expires=60", "100 Trying");
  call.report("terminated;reason=noresource", "486 Busy Here");
  call.report("terminated;reason=noresource", "200 OK", `refer;id=${refer.cseq}`);
  assertEquals(x.takeEvents(), [
    "2 onNotify active",
    "200 NOTIFY",
    "1 onNotify active",
    "200 NOTIFY",
    "1 further terminated noresource",
    "200 NOTIFY",
    "2 further terminated noresource",
    "200 NOTIFY",
  ]);
  call.hangUp();
  x.finish();
});

// RFC 6665 §4.5.2: "when dialogs are reused, a dialog created with an INVITE does not necessarily
// terminate upon receipt of a BYE."
Deno.test("the subscription outlives the session, and the dialog ends with the last of them", () => {
  const call = new Call();
  const { x, session } = call;
  const { all, delegate } = recordSubscriptions(x);
  session.refer(delegate, { extraHeaders: [CAROL] });
  x.peer.respond(x.peer.request("REFER"), 202, { contact: PEER });
  call.report("active;expires=60", "100 Trying");
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(session.sessionState, "Terminated");
  assertEquals(x.core.live.dialogs, 1);
  assertEquals(all[0]?.subscriptionState, "Active");
  x.takeEvents();
  call.report("terminated;reason=noresource", "200 OK");
  assertEquals(x.takeEvents(), ["further terminated noresource", "200 NOTIFY"]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

// RFC 5057 §5.1: 481 ends the use that it is the answer to.
Deno.test("a 481 to its SUBSCRIBE ends the subscription, and not the session", () => {
  const call = new Call();
  const { x, session } = call;
  const { all, delegate } = recordSubscriptions(x);
  session.refer(delegate, { extraHeaders: [CAROL] });
  x.peer.respond(x.peer.request("REFER"), 202, { contact: PEER });
  call.report("active;expires=60", "100 Trying");
  x.takeEvents();
  all[0]?.refresh();
  x.peer.respond(x.peer.request("SUBSCRIBE"), 481);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onTerminated"]);
  assertEquals(session.sessionState, "Confirmed");
  call.hangUp();
  x.finish();
});

Deno.test("a REFER that is refused, and one that wants no reports (RFC 4488)", () => {
  const call = new Call();
  const { x, session } = call;
  const { delegate } = recordSubscriptions(x);
  session.refer(delegate, { extraHeaders: [CAROL] });
  x.peer.respond(x.peer.request("REFER"), 603);
  call.report("active;expires=60", "100 Trying");
  session.refer(delegate, { extraHeaders: [CAROL, "Refer-Sub: false"] });
  x.peer.respond(x.peer.request("REFER"), 202, { headers: ["Refer-Sub: false"], contact: PEER });
  call.report("active;expires=60", "100 Trying");
  assertEquals(x.takeEvents(), [
    "REFER",
    "onReject 603",
    "481 NOTIFY",
    "REFER",
    "onAccept 202",
    "481 NOTIFY",
  ]);
  assertEquals(session.sessionState, "Confirmed");
  call.hangUp();
  x.finish();
});

Deno.test("refer() without a Refer-To, or without a session, is refused at the call", () => {
  const call = new Call();
  const { x, session } = call;
  assertThrows(() => session.refer(), InvalidArgumentError, "Refer-To");
  assertEquals(x.peer.requests("REFER"), []);
  session.bye();
  // What was refused has taken no number.
  assertEquals(x.peer.request("BYE").cseq, call.invite.cseq + 1);
  x.peer.respond(x.peer.request("BYE"), 200);
  assertThrows(() => session.refer({}, { extraHeaders: [CAROL] }), InvalidStateError);
  x.finish();
});

/** The program's part: accepts what the peer asks for. */
function serve(
  { x, session }: Call,
  more: (notifier: ReferNotifier | undefined, request: IncomingReferRequest) => unknown = () => {},
): ReferNotifier[] {
  const notifiers: ReferNotifier[] = [];
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "NOTIFY") x.peer.respond(message, 200);
  };
  session.delegate = {
    onRefer: (request) => {
      x.events.push("onRefer");
      const { notifier } = request.accept();
      if (notifier !== undefined) {
        notifier.delegate = { onTerminated: () => void x.events.push("onTerminated") };
        notifiers.push(notifier);
      }
      more(notifier, request);
    },
  };
  return notifiers;
}

Deno.test("a REFER in the session: 202, NOTIFYs in its dialog, and the last one", () => {
  const call = new Call();
  const { x } = call;
  const notifiers = serve(call);
  call.ask("REFER", [CAROL]);
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER", "NOTIFY"]);
  const notify = x.peer.request("NOTIFY");
  assertEquals(notify.callId, call.invite.callId);
  assertEquals(notify.fromTag, call.invite.fromTag);
  assertEquals(notify.cseq, call.invite.cseq + 1);
  assertEquals(notify.getHeader("Event"), "refer");
  assertEquals(notify.body, "SIP/2.0 100 Trying\r\n");
  notifiers[0]?.report(200);
  assertEquals(
    x.peer.request("NOTIFY").getHeader("Subscription-State"),
    "terminated;reason=noresource",
  );
  assertEquals(call.session.sessionState, "Confirmed");
  call.hangUp();
  x.finish();
});

Deno.test("a second REFER in the session: its NOTIFYs have its CSeq as id (§2.4.6)", () => {
  const call = new Call();
  const { x } = call;
  const notifiers = serve(call);
  call.ask("REFER", [CAROL]);
  call.ask("REFER", [CAROL]);
  const events = x.peer.requests("NOTIFY").map((each) => each.getHeader("Event"));
  assertEquals(events, ["refer", "refer;id=102"]);
  notifiers[0]?.report(486);
  notifiers[1]?.report(200);
  // Nor does a third one after the end of both take the name of the first.
  call.ask("REFER", [CAROL]);
  assertEquals(x.peer.request("NOTIFY").getHeader("Event"), "refer;id=103");
  notifiers[2]?.report(200);
  call.hangUp();
  x.finish();
});

Deno.test("the far end hangs up, and is told how its REFER went all the same", () => {
  const call = new Call();
  const { x, session } = call;
  const notifiers = serve(call);
  call.ask("REFER", [CAROL]);
  call.hangUp();
  assertEquals(session.sessionState, "Terminated");
  assertEquals(x.core.live.dialogs, 1);
  notifiers[0]?.report(180);
  notifiers[0]?.report(200);
  assertEquals(x.peer.requests("NOTIFY").length, 3);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("a NOTIFY that is answered 481 ends the subscription, and not the session", () => {
  const call = new Call();
  const { x, session } = call;
  const notifiers = serve(call);
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "NOTIFY") x.peer.respond(message, 481);
  };
  call.ask("REFER", [CAROL]);
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER", "NOTIFY", "onTerminated"]);
  assertEquals(notifiers[0]?.subscriptionState, "Terminated");
  assertEquals(session.sessionState, "Confirmed");
  call.hangUp();
  x.finish();
});

Deno.test("the session is disposed of: the subscription in its dialog is not", () => {
  const call = new Call();
  const { x, session } = call;
  const notifiers = serve(call);
  call.ask("REFER", [CAROL]);
  session.dispose();
  notifiers[0]?.report(200);
  assertEquals(x.peer.requests("NOTIFY").length, 2);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("Refer-Sub: false in the session: no NOTIFY", () => {
  const call = new Call();
  const { x } = call;
  serve(call);
  call.ask("REFER", [CAROL, "Refer-Sub: false"]);
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER"]);
  assertEquals(x.peer.response("REFER").getHeader("Refer-Sub"), "false");
  call.hangUp();
  x.finish();
});

Deno.test("a REFER that nobody takes: 405; one without Refer-To: 400; one that is refused", () => {
  const call = new Call();
  const { x, session } = call;
  call.ask("REFER", [CAROL]);
  serve(call);
  call.ask("REFER");
  session.delegate = { onRefer: (request) => void request.reject({ statusCode: 603 }) };
  call.ask("REFER", [CAROL]);
  session.delegate = {
    onRefer: () => {
      throw new Error("no");
    },
  };
  call.ask("REFER", [CAROL]);
  assertEquals(x.takeEvents(), ["405 REFER", "400 REFER", "603 REFER", "500 REFER"]);
  assertEquals(session.sessionState, "Confirmed");
  call.hangUp();
  x.finish("DelegateError");
});

Deno.test("REFERs without end, and nobody who answers a NOTIFY: 64 wait, the others are refused", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  session.delegate = { onRefer: (request) => void request.accept() };
  for (let cseq = 2; cseq <= 100; cseq++) {
    x.peer.ask("REFER", {
      callId: invite.callId,
      toTag: invite.fromTag ?? "",
      cseq,
      contact: PEER,
      headers: ["Refer-To: <sip:carol@carol.example>"],
    });
  }
  const statuses = x.peer.responses("REFER").map(({ statusCode }) => statusCode);
  assertEquals(statuses.filter((status) => status === 202).length, 64);
  assertEquals(statuses.filter((status) => status === 500).length, 35);
  assertEquals(x.peer.requests("NOTIFY").length, 64);
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method !== "ACK") x.peer.respond(message, 200);
  };
  session.bye();
  x.finish();
});
