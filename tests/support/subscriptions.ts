/**
 * What the tests of subscriptions and referrals say again and again: SUBSCRIBEs, NOTIFYs, and a
 * delegate that notes what it is told.
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type OutgoingRequestMessage,
  type OutgoingSubscribeRequest,
  type OutgoingSubscribeRequestDelegate,
  type Subscription,
  subscriptionStateOf,
  URI,
} from "@strowger/sip";
import type { Exchange } from "./exchange.ts";
import type { RequestScript, ScriptedPeer } from "./scripted_peer.ts";

/** The two ends. */
export const ALICE: URI = URI.parse("sip:alice@alice.example");
/** See above. */
export const BOB: URI = URI.parse("sip:bob@bob.example:5060");
/** The Contact of the peer. */
export const PEER: string = "<sip:bob@bob.example:5060>";

/** A request from Alice to Bob, not sent yet. */
export function made(
  x: Exchange,
  method: string,
  extraHeaders: string[] = [],
): OutgoingRequestMessage {
  return x.core.makeOutgoingRequestMessage(method, BOB, ALICE, BOB, {}, extraHeaders);
}

/** What a recording delegate has got. */
export interface Subscriptions {
  /** The subscriptions, in order. */
  readonly all: Subscription[];
  /** Who notes it. */
  readonly delegate: OutgoingSubscribeRequestDelegate;
}

/** Notes among the events what a SUBSCRIBE or a REFER, and its subscriptions, are told. */
export function recordSubscriptions(x: Exchange, name = ""): Subscriptions {
  const all: Subscription[] = [];
  const note = (text: string) => void x.events.push(`${name}${text}`);
  return {
    all,
    delegate: {
      onAccept: ({ message }) => note(`onAccept ${message.statusCode}`),
      onReject: ({ message }) =>
        note(`onReject ${message.statusCode}${message.local ? " local" : ""}`),
      onNotifyTimeout: () => note("onNotifyTimeout"),
      onNotify: ({ request, subscription }) => {
        note(`onNotify ${subscriptionStateOf(request.message)?.state}`);
        if (subscription === undefined) return;
        all.push(subscription);
        subscription.delegate = {
          onNotify: (further) => {
            const state = subscriptionStateOf(further.message);
            const reason = state?.reason === undefined ? "" : ` ${state.reason}`;
            note(`further ${state?.state}${reason}`);
          },
          onRefresh: () => note("onRefresh"),
          onTerminated: () => note("onTerminated"),
        };
      },
    },
  };
}

/** Sends a SUBSCRIBE to presence. */
export function subscribe(
  x: Exchange,
  { expires = 600, ...more }: { expires?: number; headers?: string[]; name?: string } = {},
): {
  request: OutgoingSubscribeRequest;
  subscriptions: Subscription[];
  sent: IncomingRequestMessage;
} {
  const { all, delegate } = recordSubscriptions(x, more.name);
  const headers = more.headers ?? ["Event: presence", `Expires: ${expires}`];
  const request = x.core.subscribe(made(x, "SUBSCRIBE", headers), delegate);
  return { request, subscriptions: all, sent: x.peer.request("SUBSCRIBE") };
}

let lastSequence = 0;

/** Sends a NOTIFY for a request that a peer has received; its CSeq rises from one to the next. */
export function notify(
  peer: ScriptedPeer,
  request: IncomingRequestMessage,
  state: string,
  { headers = ["Event: presence"], ...script }: RequestScript = {},
): void {
  const { callId, fromTag } = request;
  peer.ask("NOTIFY", {
    callId,
    ...(fromTag === undefined ? {} : { toTag: fromTag }),
    cseq: ++lastSequence,
    contact: PEER,
    ...script,
    headers: [...headers, ...(state === "" ? [] : [`Subscription-State: ${state}`])],
  });
}

/** A subscription that is up: its SUBSCRIBE was accepted, and its first NOTIFY has come. */
export function subscribed(
  x: Exchange,
  options: { expires?: number; state?: string } = {},
): { subscription: Subscription; sent: IncomingRequestMessage } {
  const { subscriptions, sent } = subscribe(x, options);
  x.peer.respond(sent, 200, { headers: [`Expires: ${options.expires ?? 600}`], contact: PEER });
  notify(x.peer, sent, options.state ?? "active");
  const [subscription] = subscriptions;
  if (subscription === undefined) throw new Error("there is no subscription");
  x.takeEvents();
  return { subscription, sent };
}
