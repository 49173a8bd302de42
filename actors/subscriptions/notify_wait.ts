/**
 * What waits for the NOTIFYs that a SUBSCRIBE or a REFER asks for, and makes a subscription of each
 * (RFC 6665 §4.1.2.4, §4.4.1). They may come before the answer to the request, and from several ends.
 *
 * @module
 */
import { type NotifyWaitEmission, notifyWaitMachine } from "../../machines/mod.ts";
import {
  type EventName,
  eventOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  isSameEvent,
  type OutgoingRequestMessage,
  ProtocolError,
  type SubscriptionStateHeader,
  subscriptionStateOf,
} from "../../messages/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { Way } from "../transactions/attempts.ts";
import { Dialog } from "../dialogs/dialog.ts";
import { type DialogUsage, DialogUsages } from "../dialogs/dialog_usages.ts";
import { DEFAULT_EXPIRES, expiresOf } from "../transactions/expires.ts";
import type { IncomingNotifyRequest } from "../transactions/incoming_request.ts";
import { NotifyUserAgentServer } from "./notify_user_agent_server.ts";
import type { NotifyWaitEntry } from "../registry.ts";
import { refuseContent } from "../transactions/content_inspection.ts";
import { refuseRequired } from "../transactions/request_inspection.ts";
import type { Flow } from "../locating/flow.ts";
import { ServerTransaction } from "../transactions/server_transaction.ts";
import type { Subscription } from "./subscription.ts";
import { badState, SubscriptionDialog } from "./subscription_dialog.ts";
import type { Supervisor } from "../supervisor.ts";
import { MAX_BRANCHES } from "../calls/unwanted_call.ts";

/** What a NOTIFY is waited for with. */
export interface NotifyWaitOptions {
  /** Which way the request has gone. */
  readonly way: Way;
  /** What its Event has to name. */
  readonly event: EventName;
  /** How many seconds were asked for; a REFER asks for none. */
  readonly requested?: number;
  /** The dialog that the request is in; none where its NOTIFYs make dialogs. */
  readonly usages?: DialogUsages;
  /** Who takes the first NOTIFY of a subscription, where somebody does. */
  readonly onNotify: () =>
    | ((
      request: IncomingNotifyRequest,
      subscription: Subscription | undefined,
    ) => unknown)
    | undefined;
  /** Who takes the others, where the subscription has no such delegate. */
  readonly onFurtherNotify?: () => ((request: IncomingNotifyRequest) => unknown) | undefined;
  /** No NOTIFY came. */
  readonly onTimeout: () => void;
}

/** See the module. */
export class NotifyWait implements NotifyWaitEntry, DialogUsage {
  private readonly supervisor: Supervisor;
  private readonly message: OutgoingRequestMessage;
  private readonly options: NotifyWaitOptions;
  private readonly actor: ActorOf<typeof notifyWaitMachine>;
  /** What was made, by the far end's tag; none of those that ended before they began. */
  private readonly subscriptions = new Map<string, SubscriptionDialog | undefined>();
  /** How many seconds were asked for, and granted by the far end with this tag. */
  private requested: number | undefined;
  private granted: { readonly tag: string | undefined; readonly expires: number } | undefined;

  /** Prepares it for the NOTIFYs of a request; nothing is entered before `around`. */
  constructor(supervisor: Supervisor, message: OutgoingRequestMessage, options: NotifyWaitOptions) {
    this.supervisor = supervisor;
    this.message = message;
    this.options = options;
    this.requested = options.requested;
    this.actor = makeActor(
      supervisor.actors,
      message.callId,
      notifyWaitMachine,
      supervisor.environment.timers,
      (emission) => this.tell(emission),
    );
  }

  /**
   * Sends its request. It is entered before, since a NOTIFY may come within `send`; timer N begins
   * after, so that a request that nobody answers fails as such, by timer F.
   */
  around(send: () => void): void {
    const { usages } = this.options;
    if (usages === undefined) this.supervisor.registry.addNotifyWait(this.message, this);
    else usages.add(this);
    send();
    this.actor.start();
  }

  /** Makes no more subscriptions. */
  stop(): void {
    this.actor.send({ type: "end" });
  }

  end(): void {
    this.stop();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  /** The request goes again, and asks for another time. */
  ask(expires: number): void {
    this.requested = expires;
  }

  /**
   * Its request was accepted. The 2xx is of one branch only, and of no matter where another has sent
   * the NOTIFY: RFC 6665 §5.4.9, "such non-matching 200-class responses are ignored."
   */
  accept(response: IncomingResponseMessage): void {
    const { statusCode: status, toTag } = response;
    const expires = expiresOf(response) ?? this.requested ?? DEFAULT_EXPIRES;
    this.granted = { tag: toTag, expires };
    this.subscriptions.get(toTag ?? "")?.confirm(status, expires);
    // RFC 5839: no NOTIFY will come.
    if (status === 204) this.stop();
  }

  notify(request: IncomingRequestMessage, flow: Flow): void {
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    const { optionTags, content } = this.supervisor.environment;
    const refusal = refuseRequired(request, optionTags) ?? refuseContent(request, content);
    if (refusal !== undefined) transaction.respond(refusal);
    else this.receive(request, transaction);
  }

  takes(request: IncomingRequestMessage): boolean {
    return request.method === "NOTIFY" && this.isAwaited(request);
  }

  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const { fromTag = "" } = request;
    // RFC 6665 §4.1.3: "the subscriber should check that it matches at least one of its outstanding
    // subscriptions; if not, it MUST return a 481".
    if (!this.isAwaited(request)) return transaction.refuse(481);
    const state = subscriptionStateOf(request);
    if (state === undefined) return void transaction.respond(badState());
    // Its subscription has been there already; and what a peer can make grow has a limit.
    const isKnown = this.options.usages === undefined && this.subscriptions.has(fromTag);
    if (isKnown || this.subscriptions.size >= MAX_BRANCHES) return transaction.refuse(481);
    const subscription = this.subscribe(request, state);
    if (subscription instanceof ProtocolError) {
      const reasonPhrase = `Bad Request: ${subscription.message}`;
      return void transaction.respond({ statusCode: 400, reasonPhrase });
    }
    this.subscriptions.set(fromTag, subscription);
    this.actor.send({ type: "notify" });
    // A dialog that is there already is no fork.
    if (this.options.usages !== undefined) this.stop();
    this.options.usages?.dialog.refreshTarget(request);
    const server = new NotifyUserAgentServer(this.supervisor, request, transaction);
    const handler = this.options.onNotify();
    server.show(handler && (() => handler(server, subscription)));
    // §4.4.1: "Dialogs usages are created upon completion of a NOTIFY transaction".
    if (server.refusal !== undefined) subscription?.dispose();
  }

  /**
   * §4.4.1: "NOTIFY requests are matched to such SUBSCRIBE requests if they contain the same
   * "Call-ID", a "To" header field "tag" parameter that matches the "From" header field "tag"
   * parameter of the SUBSCRIBE request, and the same "Event" header field."
   *
   * A REFER has no Event. RFC 3515 §2.4.6: its NOTIFYs "MUST include an id parameter" with its CSeq
   * from the second in a dialog on, and may for the first; some leave it out even so.
   */
  private isAwaited(request: IncomingRequestMessage): boolean {
    const event = eventOf(request);
    if (this.message.method !== "REFER") return isSameEvent(event, this.options.event);
    return event?.type === this.options.event.type &&
      (event.id === undefined || event.id === `${this.message.cseq}`);
  }

  /** Makes the subscription that a NOTIFY asks for, unless it says that there is none. */
  private subscribe(
    request: IncomingRequestMessage,
    header: SubscriptionStateHeader,
  ): SubscriptionDialog | ProtocolError | undefined {
    if (header.state === "terminated") return undefined;
    const usages = this.options.usages ?? this.openDialog(request);
    if (usages instanceof ProtocolError) return usages;
    const { fromTag } = request;
    const { granted, requested, message } = this;
    const isGranted = granted !== undefined && (granted.tag ?? fromTag) === fromTag;
    const subscription = new SubscriptionDialog(this.supervisor, usages, {
      event: eventOf(request) ?? this.options.event,
      eventHeader: message.getHeader("Event"),
      requested,
      expires: isGranted ? granted.expires : requested ?? DEFAULT_EXPIRES,
      onNotify: this.options.onFurtherNotify,
    });
    subscription.take(header);
    return subscription;
  }

  /**
   * "Because the dialog usage is established by the NOTIFY request, the route set at the subscriber is
   * taken from the NOTIFY request itself".
   */
  private openDialog(request: IncomingRequestMessage): DialogUsages | ProtocolError {
    const dialog = Dialog.fromRequest(request, this.message.fromTag);
    if (dialog instanceof ProtocolError) return dialog;
    dialog.continueFrom(this.message.cseq);
    dialog.answers = this.options.way.answers;
    dialog.isSecure = this.message.ruri.scheme === "sips";
    dialog.contact = this.message.getHeader("Contact");
    return new DialogUsages(this.supervisor, dialog);
  }

  private tell(emission: NotifyWaitEmission): void {
    if (emission.type === "notifyTimeout") return this.options.onTimeout();
    const { usages } = this.options;
    if (usages === undefined) this.supervisor.registry.removeNotifyWait(this.message, this);
    else usages.remove(this);
  }
}
