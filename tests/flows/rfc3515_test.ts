/**
 * The flows of RFC 3515 §4 between two engines.
 *
 * Two things are different on purpose: the RFC leaves the duration to Agent B, which says 180 seconds;
 * and it numbers CSeq as it likes, from 93809823 on, where an engine begins with 1.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseSipfrag } from "@strowger/sip";
import { at, Engines } from "./engines.ts";

Deno.test("RFC 3515 §4.1, the prototypical REFER", async () => {
  const engines = new Engines();
  const a = engines.engine("a");
  const b = engines.engine("b");
  b.delegate.onRefer = (request) => {
    engines.note(`b onRefer ${request.referTo.uri}`);
    const { notifier } = request.accept();
    // (whatever)
    engines.clock.setTimeout(() => notifier?.report(200), 1000);
  };
  const refer = a.makeOutgoingRequestMessage("REFER", at("b"), at("a"), at("b"), {}, [
    "Refer-To: <sip:whatever@example.com>",
  ]);
  a.refer(refer, {
    onAccept: ({ message }) => engines.note(`a onAccept ${message.statusCode}`),
    onNotify: ({ request, subscription }) => {
      engines.note(`a onNotify ${parseSipfrag(request.message.body)?.statusCode}`);
      if (subscription === undefined) return;
      subscription.delegate = {
        onNotify: ({ message }) =>
          engines.note(`a further ${parseSipfrag(message.body)?.statusCode}`),
      };
    },
  });
  engines.clock.advance(2000);
  engines.expect(`
    F1  0 a REFER, Refer-To: <sip:whatever@example.com>
        10 b onRefer sip:whatever@example.com
    F2  10 b 202 REFER
    F3  10 b NOTIFY, Event: refer, Subscription-State: active;expires=180, (SIP/2.0 100 Trying)
        20 a onAccept 202
        20 a onNotify 100
    F4  20 a 200 NOTIFY
    F5  1010 b NOTIFY, Event: refer, Subscription-State: terminated;reason=noresource, (SIP/2.0 200 OK)
        1020 a further 200
    F6  1020 a 200 NOTIFY
  `);
  assertEquals([a.live.dialogs, b.live.dialogs], [0, 0]);
  await engines.end();
});
