/**
 * The session interval of an INVITE that comes in (RFC 4028 §9).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Exchange } from "../../support/exchange.ts";

// "If an incoming request contains a Supported header field with a value 'timer' and a
// Session-Expires header field, the UAS MAY reject the INVITE request with a 422 (Session Interval
// Too Small) response if the session interval ... is smaller than the minimum interval defined by
// the UAS' local policy. When sending the 422 response, the UAS MUST include a Min-SE header field
// with the value of its minimum interval."
Deno.test("an interval below the least one is refused before the program is asked", () => {
  const x = new Exchange({ configuration: { minSessionExpires: 120 } });
  x.takeInvites((request) => void request.progress());
  x.peer.ask("INVITE", { headers: ["Supported: timer", "Session-Expires: 90"] });
  assertEquals(x.takeEvents(), ["422 INVITE"]);
  assertEquals(x.peer.response("INVITE").getHeader("Min-SE"), "120");
  x.peer.ask("INVITE", {
    cseq: 2,
    headers: ["Supported: timer", "Session-Expires: 120", "Min-SE: 120"],
  });
  assertEquals(x.takeEvents(), ["onInvite", "180 INVITE"]);
  x.lastInvite().reject();
  x.finish("TimeoutError");
});

// A 422 would tell nothing to a UAC that does not know of session timers.
Deno.test("an interval that a proxy has put there is not refused", () => {
  const x = new Exchange({ configuration: { minSessionExpires: 120 } });
  x.takeInvites((request) => void request.reject());
  x.peer.ask("INVITE", { headers: ["Session-Expires: 90"] });
  assertEquals(x.takeEvents(), ["onInvite", "480 INVITE"]);
  x.finish("TimeoutError");
});
