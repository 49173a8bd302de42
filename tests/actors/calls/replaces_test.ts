/**
 * A call that takes the place of another (RFC 3891), and requests that know of one (RFC 4538).
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  InvalidStateError,
  replacesValue,
  type Session,
  targetDialogValue,
  type UserAgentCoreDelegate,
} from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

/** What Replaces says of a session here. */
function replacesOf({ callId, localTag, remoteTag }: Session, more = ""): string {
  return `Replaces: ${callId};to-tag=${localTag};from-tag=${remoteTag}${more}`;
}

/** Accepts every call, and lets every one be replaced. */
function allowing(x: Exchange, more: UserAgentCoreDelegate = {}) {
  x.takeInvites((request) => void request.accept());
  Object.assign(x.core.delegate, {
    mayReplace: () => {
      x.events.push("mayReplace");
      return true;
    },
  }, more);
}

/** Carol asks for the place of a call; the status of the answer. */
function ask(x: Exchange, headers: string[], method = "INVITE"): number {
  const script = { fromTag: "carol", callId: "carols-call", branch: "z9hG4bKcarol" };
  x.peer.ask(method, { ...script, headers });
  const response = x.peer.response(method);
  if (response.statusCode >= 300 && method === "INVITE") {
    x.peer.ask("ACK", { ...script, toTag: response.toTag ?? "" });
  }
  return response.statusCode;
}

/** The ACK to Carol's 200, and her BYE. */
function endCarols(x: Exchange) {
  const carol = { fromTag: "carol", callId: "carols-call" };
  const toTag = x.peer.responses("INVITE").find(({ statusCode }) => statusCode === 200)?.toTag ??
    "";
  x.peer.ask("ACK", { ...carol, toTag });
  x.peer.ask("BYE", { ...carol, toTag, cseq: 2 });
}

// "Otherwise, it accepts the new INVITE by sending a 200-class response, and shuts down the replaced
// dialog by sending a BYE."
Deno.test("a confirmed call is replaced: 200 to the new one, BYE to the old one", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  allowing(x);
  assertEquals(ask(x, [replacesOf(session)]), 200);
  assertEquals(x.takeEvents(), ["mayReplace", "onInvite", "200 INVITE", "BYE"]);
  assertEquals(x.lastInvite().replaces, session);
  assertEquals(x.peer.request("BYE").callId, session.callId);
  assertEquals(session.sessionState, "Terminated");
  x.peer.respond(x.peer.request("BYE"), 200);
  endCarols(x);
  x.finish();
});

Deno.test("a call that came in is replaced, too", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept());
  x.peer.ask("INVITE");
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  allowing(x);
  x.takeEvents();
  assertEquals(ask(x, [`Replaces: scripted-call;from-tag=far;to-tag=${toTag}`]), 200);
  assertEquals(x.takeEvents(), ["mayReplace", "onInvite", "200 INVITE", "BYE"]);
  x.core.dispose();
});

// "If the Replaces header field matches an early dialog that was initiated by the UA, it accepts the
// new INVITE by sending a 200-class response, and shuts down the replaced dialog by sending a CANCEL."
Deno.test("a call that this side is placing is replaced while it rings: CANCEL", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const session = x.progressed[0]?.session;
  assert(session);
  allowing(x);
  x.takeEvents();
  assertEquals(ask(x, [replacesOf(session, ";early-only")]), 200);
  assertEquals(x.takeEvents(), ["mayReplace", "onInvite", "200 INVITE", "CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  endCarols(x);
  x.finish();
});

Deno.test("a call that was replaced while it rang is answered all the same: ACK and BYE", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const session = x.progressed[0]?.session;
  assert(session);
  allowing(x);
  ask(x, [replacesOf(session)]);
  assertEquals(session.sessionState, "Terminated");
  x.takeEvents();
  for (const toTag of ["far", "another"]) {
    x.peer.respond(invite, 200, { toTag });
    assertEquals(x.takeEvents(), ["ACK", "BYE", "onReject 487 local"]);
    assertEquals(x.peer.request("BYE").toTag, toTag);
    x.peer.respond(x.peer.request("BYE"), 200);
  }
  x.peer.respond(x.peer.request("CANCEL"), 200);
  endCarols(x);
  x.finish();
});

// "If the Replaces header field matches an early dialog that was not initiated by this UA, it returns
// a 481 (Call/Transaction Does Not Exist) response to the new INVITE."
Deno.test("a call that is ringing here cannot be replaced: 481", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.progress());
  x.peer.ask("INVITE");
  allowing(x);
  const toTag = x.peer.response("INVITE").toTag;
  assertEquals(ask(x, [`Replaces: scripted-call;to-tag=${toTag};from-tag=far`]), 481);
  x.core.dispose();
});

// "If the flag is present, the UA rejects the request with a 486 Busy response."
Deno.test("early-only, and the call is up: 486, and it stays up", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  allowing(x);
  assertEquals(ask(x, [replacesOf(session, ";early-only")]), 486);
  assertEquals(session.sessionState, "Confirmed");
  session.dispose();
  x.finish();
});

Deno.test("early-only, and the call comes up before the new one is accepted: it is left alone", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const session = x.progressed[0]?.session;
  assert(session);
  allowing(x, {
    onInvite: (request) => {
      x.invited.push(request);
      request.trying();
    },
  });
  ask(x, [replacesOf(session, ";early-only")]);
  x.peer.respond(invite, 200);
  x.takeEvents();
  x.lastInvite().accept();
  assertEquals(x.takeEvents(), ["200 INVITE"]);
  assertEquals(session.sessionState, "Confirmed");
  x.core.dispose();
});

const NO_MATCH: [what: string, replaces: (session: Session) => string][] = [
  ["another Call-ID", (s) => `other;to-tag=${s.localTag};from-tag=${s.remoteTag}`],
  [
    "the tags the wrong way around",
    (s) => `${s.callId};to-tag=${s.remoteTag};from-tag=${s.localTag}`,
  ],
  ["another from-tag", (s) => `${s.callId};to-tag=${s.localTag};from-tag=x`],
];
for (const [what, replaces] of NO_MATCH) {
  // "If no match is found, the UAS rejects the INVITE and returns a 481".
  Deno.test(`Replaces with ${what}: 481, and nobody is asked`, () => {
    const x = new Exchange();
    const { session } = x.callOut();
    allowing(x);
    assertEquals(ask(x, [`Replaces: ${replaces(session)}`]), 481);
    assertEquals(x.takeEvents(), ["481 INVITE"]);
    session.dispose();
    x.finish();
  });
}

// "If the Replaces header field matches a dialog which has already terminated, the UA SHOULD decline
// the request with a 603 Declined response."
Deno.test("a call that is over, or that this side is leaving: 603", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  allowing(x);
  session.bye();
  assertEquals(ask(x, [replacesOf(session)]), 603);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.clock.advance(60_000);
  assertEquals(ask(x, [replacesOf(session)]), 603);
  x.finish();
});

// "For compatibility with dialogs initiated by RFC 2543 compliant UAs, a tag of zero matches both tags
// of zero and null."
Deno.test("a far end without a tag is named by a tag of zero", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept());
  x.peer.send(x.peer.writeRequest("INVITE").replace(";tag=far", ""));
  const localTag = x.peer.response("INVITE").toTag;
  allowing(x);
  assertEquals(ask(x, [`Replaces: scripted-call;to-tag=${localTag};from-tag=0`]), 200);
  x.core.dispose();
});

const BROKEN: [what: string, headers: string[], method?: string][] = [
  ["two of them", ["Replaces: a;to-tag=1;from-tag=2", "Replaces: b;to-tag=1;from-tag=2"]],
  ["two in one line", ["Replaces: a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2"]],
  ["no from-tag", ["Replaces: a;to-tag=1"]],
  ["no to-tag", ["Replaces: a;from-tag=1"]],
  ["Join beside it", ["Replaces: a;to-tag=1;from-tag=2", "Join: a;to-tag=1;from-tag=2"]],
  ["another method", ["Replaces: a;to-tag=1;from-tag=2"], "MESSAGE"],
  ["OPTIONS", ["Replaces: a;to-tag=1;from-tag=2"], "OPTIONS"],
  ["SUBSCRIBE", [
    "Replaces: a;to-tag=1;from-tag=2",
    "Contact: <sip:bob@bob.example>",
    "Event: presence",
  ], "SUBSCRIBE"],
];
for (const [what, headers, method] of BROKEN) {
  // "If more than one Replaces header field is present in an INVITE, or if a Replaces header field is
  // present in a request other than INVITE, the UAS MUST reject the request with a 400 Bad Request".
  Deno.test(`Replaces with ${what}: 400`, () => {
    const x = new Exchange();
    allowing(x, {
      onMessage: (request) => void request.accept(),
      onSubscribe: (request) => void request.accept(),
    });
    assertEquals(ask(x, headers, method), 400);
    x.finish();
  });
}

// "the UA MUST verify that the initiator of the new INVITE is authorized to replace the matched
// dialog."
const DENIED: [
  what: string,
  delegate: UserAgentCoreDelegate,
  status: number,
  reported: string[],
][] = [
  ["no mayReplace", { mayReplace: undefined as never }, 403, []],
  ["a no", { mayReplace: () => false }, 403, []],
  ["a promise", { mayReplace: (() => Promise.resolve(true)) as never }, 403, []],
  [
    "an answer of its own",
    {
      mayReplace: (request) => {
        request.reject({ statusCode: 401, extraHeaders: ['WWW-Authenticate: Digest realm="a"'] });
        return true;
      },
    },
    401,
    [],
  ],
  [
    "an error",
    {
      mayReplace: () => {
        throw new Error("no");
      },
    },
    500,
    ["DelegateError"],
  ],
];
for (const [what, delegate, status, reported] of DENIED) {
  Deno.test(`Replaces, and of mayReplace ${what}: ${status}, the call stays as it is`, () => {
    const x = new Exchange();
    const { session } = x.callOut();
    allowing(x, delegate);
    assertEquals(ask(x, [replacesOf(session)]), status);
    assertEquals(x.takeEvents(), [`${status} INVITE`]);
    assertEquals(session.sessionState, "Confirmed");
    session.dispose();
    x.finish(...reported);
  });
}

// "If the UA cannot accept the new INVITE ..., the UA MUST return an appropriate error response and
// MUST leave the matched dialog unchanged."
Deno.test("the new call is refused: the old one stays as it is", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  allowing(x, { onInvite: (request) => void request.reject({ statusCode: 488 }) });
  assertEquals(ask(x, [replacesOf(session)]), 488);
  assertEquals(session.sessionState, "Confirmed");
  session.dispose();
  x.finish();
});

Deno.test("the old call ends before the new one is accepted: the new one is a call", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  allowing(x, {
    onInvite: (request) => {
      x.invited.push(request);
      request.trying();
    },
  });
  ask(x, [replacesOf(session)]);
  x.peer.ask("BYE", { callId: invite.callId, fromTag: "far", toTag: session.localTag });
  x.takeEvents();
  x.lastInvite().accept();
  assertEquals(x.takeEvents(), ["200 INVITE"]);
  endCarols(x);
  x.finish();
});

Deno.test("an INVITE that requires replaces is understood; without the header it is a call", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.reject({ statusCode: 486 }));
  assertEquals(ask(x, ["Require: replaces, tdialog"]), 486);
  assertEquals(x.lastInvite().replaces, undefined);
  x.finish();
});

Deno.test("replacesValue names a session as its far end sees it", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const { callId, localTag } = session;
  const value = `${callId};to-tag=far;from-tag=${localTag}`;
  assertEquals(replacesValue(session), value);
  assertEquals(replacesValue(session, { earlyOnly: true }), `${value};early-only`);
  // The engine's own check of header lines takes it, and so does the far end's parser.
  x.invite({}, { extraHeaders: [`Replaces: ${replacesValue(session)}`] }).dispose();
  const sent = x.peer.request("INVITE").parseHeader("Replaces");
  assertEquals(sent, {
    value: callId,
    parameters: Object.assign(Object.create(null), { "to-tag": "far", "from-tag": localTag }),
  });
  session.dispose();
  assertThrows(() => replacesValue(session), InvalidStateError, "over");
  x.finish();
});

// §4: "A UAC MUST NOT send an INVITE with a Replaces header field that attempts to replace an early
// dialog which was not originated by the target of the INVITE".
Deno.test("replacesValue of a call that is ringing: only where the far end has placed it", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  const session = x.progressed[0]?.session;
  assert(session);
  assertThrows(() => replacesValue(session), InvalidStateError, "calling");
  x.takeInvites();
  x.peer.ask("INVITE");
  const { session: incoming } = x.lastInvite().progress({ statusCode: 183 });
  assertEquals(
    replacesValue(incoming, { earlyOnly: true }),
    `scripted-call;to-tag=far;from-tag=${incoming.localTag};early-only`,
  );
  x.core.dispose();
});

// RFC 4538 §4: "If the dialog identifiers don't match, or if they don't contain both a remote-tag and
// local-tag parameter, the header field MUST be ignored".
Deno.test("Target-Dialog: the program is told of the session that the sender knows", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const told: (Session | undefined)[] = [];
  x.core.delegate = {
    onMessage: (request) => {
      told.push(request.targetDialog);
      request.accept();
    },
  };
  const { callId, localTag, remoteTag } = session;
  for (
    const value of [
      `${callId};local-tag=${localTag};remote-tag=${remoteTag}`,
      `${callId};local-tag=${remoteTag};remote-tag=${localTag}`,
      `${callId};local-tag=${localTag}`,
      `other;local-tag=${localTag};remote-tag=${remoteTag}`,
    ]
  ) {
    const headers = [`Target-Dialog: ${value}`, "Require: tdialog"];
    x.peer.ask("MESSAGE", { callId: value.slice(0, 60).replace(/\W/g, ""), headers });
    assertEquals(x.peer.response("MESSAGE").statusCode, 200);
  }
  x.peer.ask("MESSAGE", { callId: "none" });
  assertEquals(told, [session, undefined, undefined, undefined, undefined]);
  session.dispose();
  x.finish();
});

Deno.test("targetDialogValue names a session as its far end sees it", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const value = targetDialogValue(session);
  assertEquals(value, `${session.callId};local-tag=far;remote-tag=${session.localTag}`);
  const uri = session.remoteURI;
  const message = x.core.makeOutgoingRequestMessage("MESSAGE", uri, uri, uri, {}, [
    `Target-Dialog: ${value}`,
    "Require: tdialog",
  ]);
  x.core.message(message).dispose();
  assertEquals(x.peer.request("MESSAGE").getHeader("Target-Dialog"), value);
  session.dispose();
  x.finish();
});
