// Why a call ends, in and out: RFC 3326.
import { assertEquals } from "@std/assert";
import { type Reason, reasonsOf } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

const ELSEWHERE: Reason = { protocol: "SIP", cause: 200, text: "Call completed elsewhere" };
const LINE = 'Reason: SIP;cause=200;text="Call completed elsewhere"';

Deno.test("a CANCEL because another has answered: the program can tell", () => {
  const x = new Exchange();
  const told: Reason[][] = [];
  x.takeInvites((request) => {
    request.delegate = { onCancel: (message) => void told.push(reasonsOf(message)) };
  });
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  x.peer.ask("CANCEL", { branch: "z9hG4bKa", headers: [LINE] });
  assertEquals(told, [[ELSEWHERE]]);
  assertEquals(x.takeEvents(), ["onInvite", "200 CANCEL", "487 INVITE"]);
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
});

Deno.test("a BYE with a reason: the program can tell", () => {
  const x = new Exchange();
  const told: Reason[][] = [];
  const { session, invite } = x.callOut();
  session.delegate = { onBye: ({ message }) => void told.push(reasonsOf(message)) };
  const script = { callId: invite.callId, fromTag: "far", toTag: session.localTag };
  x.peer.ask("BYE", { ...script, headers: ['Reason: Q.850;cause=16;text="Terminated"', LINE] });
  assertEquals(told, [[{ protocol: "Q.850", cause: 16, text: "Terminated" }, ELSEWHERE]]);
  x.finish();
});

Deno.test("cancel() and bye() say why", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  request.cancel('SIP;cause=200;text="Call completed elsewhere"');
  assertEquals(reasonsOf(x.peer.request("CANCEL")), [ELSEWHERE]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  const { session } = x.callOut();
  session.bye({}, { extraHeaders: [LINE] });
  assertEquals(reasonsOf(x.peer.request("BYE")), [ELSEWHERE]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});
