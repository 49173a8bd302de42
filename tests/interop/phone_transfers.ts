/**
 * Blind transfers with phones, through Kamailio (RFC 5589 §6.1).
 */
import { type IncomingRequestMessage, parseSipfrag } from "@strowger/sip";
import { Inbox } from "./inbox.ts";
import { addressOf } from "./kamailio.ts";
import { follow } from "./line.ts";
import { callFromPhone, callPhone, hangUp } from "./phone_calls.ts";
import type { PhoneName } from "./phone.ts";
import type { ProxyScenario } from "./proxy_trial.ts";

export const PHONE_TRANSFERS: readonly ProxyScenario[] = [
  transferBy("baresip"),
  transferBy("linphone"),
  {
    title: "the engine transfers the phone to another phone",
    peer: "baresip",
    async play(scene) {
      const { phone, other, expect } = scene;
      const { here } = await callPhone(scene);
      const reports = new Inbox<string>("report");
      const tell = (message: IncomingRequestMessage): void => {
        const state = message.getHeader("Subscription-State")?.split(";")[0];
        reports.put(`${state} ${parseSipfrag(message.body)?.statusCode}`);
      };
      const answers = new Inbox<number | undefined>("answer");
      here.session.refer({
        onAccept: ({ message }) => answers.put(message.statusCode),
        onReject: ({ message }) => answers.put(message.statusCode),
        onNotify: ({ request, subscription }) => {
          tell(request.message);
          if (subscription === undefined) return;
          subscription.delegate = { onNotify: ({ message }) => tell(message) };
        },
      }, { extraHeaders: [`Refer-To: <${addressOf(other.user)}>`] });
      expect("the answer", await answers.next(), 202);
      await other.called();
      await other.accept();
      await other.established();
      let report = await reports.next();
      while (report.startsWith("active")) report = await reports.next();
      expect("the last report", report, "terminated 200");
      await hangUp(scene, here);
      await phone.hangUp();
      await other.closed();
    },
  },
];

function transferBy(peer: PhoneName): ProxyScenario {
  return {
    title: "the phone transfers the engine to another phone",
    peer,
    async play(scene) {
      const { phone, other, expect } = scene;
      const { alice, here } = await callFromPhone(scene);
      const references = new Inbox<string>("REFER");
      here.session.delegate = {
        ...here.session.delegate,
        onRefer: (request) => {
          const { notifier } = request.accept();
          references.put(request.referTo.uri.user ?? "nobody");
          const placed = alice.call(request.referTo.uri.user ?? "nobody");
          placed.accepted.next().then((response) => {
            notifier?.report(200);
            transferred.put(response.session);
          }, () => notifier?.report(500));
        },
      };
      const transferred = new Inbox<typeof here.session>("call to the other phone");
      await phone.transfer(`${addressOf(other.user)}`);
      expect("to whom", await references.next(), other.user);
      await other.called();
      await other.accept();
      const there = follow(await transferred.next());
      await other.established();
      // It has been told that all is well.
      await phone.closed();
      await here.byes.next();
      await hangUp({ ...scene, phone: other }, there);
    },
  };
}
