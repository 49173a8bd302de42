/**
 * The subscriptions and the other requests of a soak.
 *
 * @module
 */
import type { IncomingRequest, OutgoingRequestDelegate, Subscription } from "@strowger/sip";
import type { Operation, Soak } from "./soak.ts";

type Tell = (outcome: string) => void;

function telling(tell: Tell): OutgoingRequestDelegate {
  return {
    onAccept: ({ message }) => tell(`${message.statusCode}`),
    onReject: ({ message }) => tell(`${message.statusCode}${message.local ? " local" : ""}`),
  };
}

function subscribe(
  soak: Soak,
  tell: Tell,
  plan: string,
  act: (subscription: Subscription) => void = () => {},
  expires = 60,
): void {
  const headers = ["Event: presence", `Expires: ${expires}`];
  soak.near.subscribe(soak.message("SUBSCRIBE", plan, undefined, headers), {
    ...telling(tell),
    onNotify: ({ subscription }) => {
      if (subscription !== undefined) act(subscription);
    },
    onNotifyTimeout: () => {},
  });
}

function ask(method: string, plan: string, host?: string): Operation["begin"] {
  return (soak, tell) => {
    const headers = method === "PUBLISH" ? ["Event: presence"] : [];
    soak.near.request(soak.message(method, plan, host, headers), telling(tell));
  };
}

/** How a request may go. */
export const REQUESTS: { readonly [name: string]: Operation } = {
  "subscribed and unsubscribed": {
    weight: 4,
    fails: false,
    begin: (soak, tell) =>
      subscribe(
        soak,
        tell,
        "active",
        (subscription) => soak.soon(20_000, () => subscription.unsubscribe()),
      ),
  },
  "subscribed until the notifier ends it": {
    weight: 4,
    fails: false,
    begin: (soak, tell) => subscribe(soak, tell, "ends"),
  },
  "subscribed and refreshed": {
    weight: 2,
    fails: false,
    begin: (soak, tell) =>
      subscribe(soak, tell, "active", (subscription) => {
        subscription.autoRefresh = true;
        soak.later(150_000, () => {
          subscription.autoRefresh = false;
        });
      }),
  },
  "fetched": {
    weight: 2,
    fails: false,
    begin: (soak, tell) => subscribe(soak, tell, "active", undefined, 0),
  },
  "subscribed until it expires": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => subscribe(soak, tell, "active", undefined, 20),
  },
  "a subscription that is refused": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => subscribe(soak, tell, "refused"),
  },
  "a subscription that nobody notifies": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => subscribe(soak, tell, "silent"),
  },
  "a subscription that is disposed of": {
    weight: 1,
    fails: true,
    begin: (soak, tell) =>
      subscribe(
        soak,
        tell,
        "active",
        (subscription) => soak.soon(5000, () => subscription.dispose()),
      ),
  },
  "MESSAGE": { weight: 6, fails: false, begin: ask("MESSAGE", "taken") },
  "PUBLISH": { weight: 2, fails: false, begin: ask("PUBLISH", "taken") },
  "REGISTER, challenged": { weight: 3, fails: false, begin: ask("REGISTER", "challenged") },
  "OPTIONS": { weight: 2, fails: false, begin: ask("OPTIONS", "taken") },
  "MESSAGE that is refused": { weight: 1, fails: true, begin: ask("MESSAGE", "refused") },
  "MESSAGE to nobody": { weight: 1, fails: true, begin: ask("MESSAGE", "taken", "nobody.example") },
  "MESSAGE that is answered too late": { weight: 1, fails: true, begin: ask("MESSAGE", "late") },
};

/** What becomes of a request where it comes in. */
export function serveRequests(soak: Soak): void {
  const { delegate } = soak.far;
  const answer = (request: IncomingRequest): void => {
    const plan = request.message.getHeader("X-Plan");
    if (plan === "refused") return void request.reject({ statusCode: 403 });
    // Later than anybody waits.
    if (plan === "late") return soak.later(40_000, () => request.accept());
    const verdict = plan === "challenged" ? soak.authenticator.verify(request.message) : undefined;
    if (verdict?.kind === "challenge") return void request.reject(verdict.response);
    soak.soon(2000, () => request.accept());
  };
  delegate.onMessage = answer;
  delegate.onPublish = answer;
  delegate.onRegister = answer;
  delegate.onSubscribe = (request) => {
    const plan = request.message.getHeader("X-Plan");
    if (plan === "refused") return void request.reject({ statusCode: 403 });
    const { notifier } = request.accept();
    if (plan === "silent") return notifier.dispose();
    for (let i = soak.prng.integer(0, 3); i > 0; i--) {
      soak.soon(30_000, () => notifier.notify("active"));
    }
    if (plan === "ends") soak.soon(30_000, () => notifier.terminate("noresource"));
  };
}
