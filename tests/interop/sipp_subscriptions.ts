/**
 * Subscriptions (RFC 6665), and the implicit one of a REFER (RFC 3515).
 */
import {
  type IncomingNotifyRequest,
  parseSipfrag,
  type Subscription,
  type SubscriptionDelegate,
} from "@strowger/sip";
import {
  answer,
  callUp,
  hangUp,
  requestTo,
  type SippScenario,
  type Story,
  text,
} from "./sipp_scenario.ts";

export const SUBSCRIPTIONS: readonly SippScenario[] = [
  {
    title: "the engine subscribes, refreshes and leaves",
    file: "notifier.xml",
    calls: 20,
    story: "200 active:closed active:open active:open terminated:open",
    place: (core, target, story) => {
      const headers = ["Event: presence", "Expires: 60"];
      core.subscribe(requestTo(core, "SUBSCRIBE", target, headers), {
        ...story.tell(),
        onNotify: ({ request, subscription }) => {
          story.push(stateOf(request));
          if (subscription !== undefined) refreshAndLeave(subscription, story);
        },
      });
    },
  },
  {
    title: "SIPp's NOTIFY comes before its 200, and a later one ends it",
    file: "notifier_ends.xml",
    calls: 20,
    story: "pending:nothing yet 200 terminated:no Terminated",
    place: (core, target, story) => {
      const headers = ["Event: presence", "Expires: 60"];
      core.subscribe(requestTo(core, "SUBSCRIBE", target, headers), {
        ...story.tell(),
        onNotify: ({ request, subscription }) => {
          story.push(stateOf(request));
          if (subscription === undefined) return;
          subscription.delegate = {
            onNotify: (request) => {
              story.push(stateOf(request));
              setTimeout(() => story.push(subscription.subscriptionState));
            },
          };
        },
      });
    },
  },
  {
    title: "SIPp subscribes, refreshes and leaves",
    file: "subscriber.xml",
    calls: 20,
    story: "subscribed 60 again 0 Terminated",
    serve: (begin) => ({
      onSubscribe: (request) => {
        const story = begin();
        story.push("subscribed");
        const { notifier } = request.accept();
        notifier.notify("active", text("closed"));
        notifier.delegate = {
          onSubscribe: ({ expires }) => story.push(`${expires}`, ...(expires > 0 ? ["again"] : [])),
          onTerminated: () => story.push(notifier.subscriptionState),
        };
        story.later(100, () => notifier.notify("active", text("open")));
      },
    }),
  },
  {
    title: "the engine refers SIPp (REFER)",
    file: "callee_is_referred.xml",
    calls: 20,
    story: "180 200 Confirmed Stable REFER:202 active:100 terminated:200 Terminated BYE:200",
    place: (core, target, story) =>
      callUp(core, target, story, (session) => {
        session.refer({
          ...story.tell("REFER:"),
          onNotify: ({ request, subscription }) => {
            story.push(reportOf(request));
            if (subscription === undefined) return;
            subscription.delegate = {
              onNotify: (request) => {
                story.push(reportOf(request));
                hangUp(session, story, 50);
              },
            };
          },
        }, { extraHeaders: ["Refer-To: <sip:carol@127.0.0.1>"] });
      }),
  },
  {
    title: "SIPp refers the engine (REFER)",
    file: "caller_refers.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable carol sipp BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, undefined, {
          onRefer: (request) => {
            const { notifier } = request.accept();
            story.push(request.referTo.uri.user ?? "", request.referredBy?.uri.user ?? "nobody");
            story.later(100, () => void notifier?.report(200));
          },
        });
      },
    }),
  },
];

/** After the second NOTIFY a refresh, and after the third the end. */
function refreshAndLeave(subscription: Subscription, story: Story): void {
  const last: SubscriptionDelegate = { onNotify: (request) => story.push(stateOf(request)) };
  const third: SubscriptionDelegate = {
    onNotify: (request) => {
      story.push(stateOf(request));
      subscription.delegate = last;
      story.later(50, () => void subscription.unsubscribe());
    },
  };
  subscription.delegate = {
    onNotify: (request) => {
      story.push(stateOf(request));
      subscription.delegate = third;
      story.later(50, () => void subscription.refresh());
    },
  };
}

/** The state of a subscription, and what there is to know. */
function stateOf({ message }: IncomingNotifyRequest): string {
  return `${message.getHeader("Subscription-State")?.split(";")[0]}:${message.body.trim()}`;
}

/** The state of a subscription, and what became of a REFER. */
function reportOf({ message }: IncomingNotifyRequest): string {
  const state = message.getHeader("Subscription-State")?.split(";")[0];
  return `${state}:${parseSipfrag(message.body)?.statusCode}`;
}
