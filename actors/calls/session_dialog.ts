/**
 * A session as a program uses it: what it is, and the requests within it. How it runs is in
 * `invite_usage.ts`, what the far end sends in `session_server.ts`.
 *
 * @module
 */
import {
  type Body,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidStateError,
  type OutgoingRequestMessage,
  TransportError,
  type URI,
  valuesIn,
} from "../../messages/mod.ts";
import { AddressAnnouncement } from "./address_announcement.ts";
import type { ClientTransaction } from "../transactions/client_transaction.ts";
import { checkContact, contactScheme, userOf } from "../locating/contact.ts";
import { flowTo } from "../locating/flow.ts";
import { retryAfterGlare } from "./glare.ts";
import { type Invitation, InviteUsage } from "./invite_usage.ts";
import { describesSession } from "./offer_answer.ts";
import type {
  IncomingResponse,
  OutgoingInfoRequest,
  OutgoingInviteRequestDelegate,
  OutgoingMessageRequest,
  OutgoingNotifyRequest,
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  OutgoingUpdateRequest,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import { ReInviteUserAgentClient } from "./re_invite_user_agent_client.ts";
import type { OutgoingReferRequest, OutgoingReferRequestDelegate } from "../subscriptions/refer.ts";
import { checkReferTo, ReferUserAgentClient } from "../subscriptions/refer_user_agent_client.ts";
import type { ReliableProvisionalClient } from "./reliable_provisional_client.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { Session } from "./session.ts";
import { capabilityLines, withMissing } from "./session_headers.ts";
import { receiveInSession } from "./session_server.ts";
import { retryWithInterval } from "./session_timer.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";
import type { UserAgentServer } from "../transactions/user_agent_server.ts";

/** How many requests of the far end may wait for the program at a time. */
const MAX_OPEN = 100;

/** See the module. */
export class SessionDialog extends InviteUsage implements Session {
  private inviteClient: ReInviteUserAgentClient | undefined;
  private updateClient: UserAgentClient | undefined;
  private inviteServer: UserAgentServer | undefined;
  private updateServer: UserAgentServer | undefined;
  /** What tells the far end of another address of this side. */
  private announcement: AddressAnnouncement | undefined;
  /** The other requests in it that have no final response: of this side, and of the far end. */
  private clients: Set<UserAgentClient> | undefined;
  private servers: Set<UserAgentServer> | undefined;
  /** The reliable provisional responses to the INVITE of this side. */
  provisionals: ReliableProvisionalClient | undefined;

  override dispose(): void {
    this.inviteClient?.dispose();
    this.updateClient?.dispose();
    this.inviteServer?.dispose();
    this.updateServer?.dispose();
    this.provisionals?.dispose();
    this.announcement?.dispose();
    for (const each of [...this.clients ?? [], ...this.servers ?? []]) each.dispose();
    super.dispose();
  }

  override reinvite(origin: "local" | "remote", invitation: Invitation): void {
    this.provisionals?.end();
    this.provisionals = undefined;
    super.reinvite(origin, invitation);
  }

  get id(): string {
    return this.dialog.callId + this.dialog.localTag + this.dialog.remoteTag;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get localTag(): string {
    return this.dialog.localTag;
  }

  get localURI(): URI {
    return this.dialog.localURI;
  }

  get remoteTag(): string {
    return this.dialog.remoteTag;
  }

  get remoteTarget(): URI {
    return this.dialog.remoteTarget;
  }

  get remoteURI(): URI {
    return this.dialog.remoteURI;
  }

  override get session(): Session {
    return this;
  }

  get offer(): Body | undefined {
    return this.offers.offer;
  }

  get answer(): Body | undefined {
    return this.offers.answer;
  }

  info(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingInfoRequest {
    return this.ask("INFO", delegate, options);
  }

  invite(
    delegate?: OutgoingInviteRequestDelegate,
    options: RequestOptions = {},
  ): ReInviteUserAgentClient {
    const { sessionState } = this;
    if (sessionState !== "Confirmed") {
      throw new InvalidStateError(`invite: expected a call that is up, found it ${sessionState}`);
    }
    if (this.isInviting) {
      throw new InvalidStateError("invite: expected no other INVITE in progress, found one");
    }
    this.checkOffer("invite", !this.hasOpenOffer);
    const client = this.inviteClient = new ReInviteUserAgentClient(this, delegate, options);
    return client.start();
  }

  message(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingMessageRequest {
    return this.ask("MESSAGE", delegate, options);
  }

  notify(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingNotifyRequest {
    return this.ask("NOTIFY", delegate, options);
  }

  prack(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingPrackRequest {
    if (this.provisionals === undefined) {
      throw new InvalidStateError("prack: expected a reliable provisional response, found none");
    }
    return this.provisionals.acknowledgeLast(delegate, options);
  }

  refer(delegate?: OutgoingReferRequestDelegate, options?: RequestOptions): OutgoingReferRequest {
    this.checkOpen("refer");
    checkReferTo(valuesIn(options?.extraHeaders ?? [], "Refer-To"));
    const message = this.dialog.request("REFER", options);
    return new ReferUserAgentClient(this.supervisor, message, delegate, {
      usages: this.usages,
      onNotify: () => this.delegate?.onNotify && ((request) => this.delegate?.onNotify?.(request)),
      onEnd: (response) => this.noteFailure(response),
    }).start();
  }

  update(
    delegate?: OutgoingRequestDelegate,
    options: RequestOptions = {},
  ): OutgoingUpdateRequest {
    this.checkOpen("update");
    // RFC 3311 §5.2: the far end "MUST return a 500 response" to a second one.
    if (this.updateClient !== undefined) {
      throw new InvalidStateError("update: expected no other UPDATE in progress, found one");
    }
    const offers = describesSession(options.body);
    if (offers) this.checkOffer("update", this.mayUpdateOffer);
    const message = this.makeRequest("UPDATE", options);
    const begin = (): void => {
      this.offers.takeLocal(options.body, "otherRequest");
    };
    // RFC 3311 §5.3: "the session parameters MUST remain unchanged, as if no UPDATE had been issued."
    const rollback = (): void => {
      if (offers && this.offers.awaitsAnswer) this.offers.rollback();
    };
    const glare = retryAfterGlare(this, () => offers && !this.mayUpdateOffer);
    const longer = retryWithInterval(message, (minimum) => this.timer.noteMinimum(minimum));
    const client: UserAgentClient = new UserAgentClient(
      this.supervisor,
      message,
      this.dialog,
      delegate,
      {
        retry: (response) => glare(response) ?? longer(response),
        onRetry: rollback,
        onNext: begin,
        onEnd: (response) => {
          // The end of its transaction comes after its outcome, and perhaps within the next UPDATE.
          if (this.updateClient !== client) return;
          this.updateClient = undefined;
          if (response !== undefined) this.endUpdate(response, offers);
          rollback();
        },
      },
    );
    this.updateClient = client;
    begin();
    return client.start();
  }

  override receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    receiveInSession(this, request, transaction);
  }

  override relocate(): void {
    const { sessionState, dialog, supervisor: { environment } } = this;
    if (sessionState === "Initial" || sessionState === "Terminated") return;
    const flow = flowTo(dialog.nextHop, environment.transports);
    const user = dialog.contact === undefined ? undefined : userOf(dialog.contact);
    if (!(flow instanceof TransportError)) {
      const scheme = contactScheme(dialog.nextHop);
      dialog.contact = environment.contact(flow.transport, user, this.localURI, scheme);
    }
    this.announcement?.dispose();
    this.announcement = undefined;
    const isEarly = sessionState === "Early";
    // What accepts a call has the Contact of now; the INVITE that was sent has that of before.
    if (isEarly ? !this.isInviter : this.tellNetworkChange()) return;
    this.announcement = new AddressAnnouncement(this).start();
  }

  /** Leaves it to the program to tell the far end; false where it does not want to. */
  tellNetworkChange(): boolean {
    const { delegate } = this;
    if (delegate?.onNetworkChange === undefined) return false;
    this.callGuest("onNetworkChange", () => delegate.onNetworkChange?.());
    return true;
  }

  private checkOffer(method: string, mayOffer: boolean): void {
    if (mayOffer) return;
    // RFC 3264 §4: an agent "MUST NOT generate a new offer if it has received an offer which it has
    // not yet answered or rejected", nor "if it has generated a prior offer for which it has not yet
    // received an answer or a rejection."
    const { signalingState } = this;
    const expected = "every offer answered, and not only in a response that may be lost";
    throw new InvalidStateError(`${method}: expected ${expected}; found ${signalingState}`);
  }

  /** Makes a request that changes the session: an INVITE or an UPDATE. */
  makeRequest(method: "INVITE" | "UPDATE", options: RequestOptions): OutgoingRequestMessage {
    const { environment } = this.supervisor;
    checkContact(valuesIn(options.extraHeaders ?? [], "Contact"));
    const extraHeaders = withMissing(options.extraHeaders ?? [], [
      ...capabilityLines(environment),
      ...this.timer.requestHeaders(),
    ]);
    const message = this.dialog.request(method, { ...options, extraHeaders });
    this.dialog.contact = message.getHeader("Contact") ?? this.dialog.contact;
    return message;
  }

  /** The header lines of a 2xx to an UPDATE. */
  answerHeaders(request: IncomingRequestMessage, lines: readonly string[]): string[] {
    const { environment } = this.supervisor;
    checkContact(valuesIn(lines, "Contact"));
    const contact = this.dialog.contact === undefined ? [] : [`Contact: ${this.dialog.contact}`];
    return withMissing(lines, [...contact, ...capabilityLines(environment, request)]);
  }

  /** Notes an INVITE of the far end within the session. */
  beginInvite(server: UserAgentServer): void {
    this.inviteServer = server;
  }

  /** Notes an UPDATE of the far end. */
  beginUpdate(server: UserAgentServer): void {
    this.updateServer = server;
  }

  /** Notes another request of the far end, which has no answer yet; false where it is one too many. */
  hold(server: UserAgentServer): boolean {
    const servers = this.servers ??= new Set();
    for (const each of servers) if (each.isAnswered) servers.delete(each);
    if (servers.size >= MAX_OPEN) return false;
    servers.add(server);
    return true;
  }

  /** Whether the far end waits for an answer to an UPDATE. */
  get isBeingUpdated(): boolean {
    return this.updateServer?.isAnswered === false;
  }

  /**
   * Whether an offer waits for its answer. One whose INVITE or UPDATE is over without an answer, by the
   * fault of either side, waits no more.
   */
  get hasOpenOffer(): boolean {
    const isInProgress = this.state.invitation !== "idle" || this.updateClient !== undefined ||
      this.isBeingUpdated || this.provisionals?.isOffering === true;
    if (!isInProgress) this.offers.rollback();
    return this.offers.awaitsAnswer || this.offers.owesAnswer;
  }

  /** An INVITE of this side that nobody waits for any more: its 2xx is acknowledged, should it come. */
  abandonInvite({ cseq, ruri }: OutgoingRequestMessage, { sentBy }: ClientTransaction): void {
    const { callId, localTag } = this.dialog;
    this.abandonedCall = { callId, fromTag: localTag, cseq, sentBy, ruri };
    this.supervisor.registry.abandonCall(this.abandonedCall);
  }

  protected override abandonRequests(): void {
    this.provisionals?.end();
    this.announcement?.end();
    this.inviteClient?.abandon();
    this.updateClient?.abandon();
    // §15.1.2: the UAS "MUST still respond to any pending requests received for that dialog. It is
    // RECOMMENDED that a 487 (Request Terminated) response be generated to those pending requests."
    for (const server of [this.inviteServer, this.updateServer, ...this.servers ?? []]) {
      if (server?.isAnswered === false) server.reject({ statusCode: 487 });
    }
  }

  /**
   * RFC 4028 §7.4: "It is RECOMMENDED that the UPDATE method be used", without an offer; a re-INVITE
   * "SHOULD contain an offer" that is the one of before.
   */
  protected override refresh(): void {
    if (this.updateClient !== undefined) return;
    if (this.remoteTakesUpdate) return void this.update();
    if (this.sessionState === "Confirmed" && !this.isBusy) this.inviteAsBefore();
  }

  /** Invites again with the description of before. */
  inviteAsBefore(
    onReject: (response: IncomingResponse) => void = () => {},
  ): ReInviteUserAgentClient {
    const { local } = this.offers;
    const body = local === undefined ? {} : { body: local };
    return this.invite({
      onAccept: (response) => void response.ack(this.offers.owesAnswer ? body : {}),
      onReject,
    }, body);
  }

  /** Whether no INVITE may be sent now. */
  get isBusy(): boolean {
    return this.isInviting || this.hasOpenOffer;
  }

  /**
   * §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE
   * transaction is in progress in either direction." One that waits to go again after a 491 counts.
   */
  private get isInviting(): boolean {
    return this.state.invitation !== "idle" || this.inviteClient?.isOpen === true;
  }

  private endUpdate(response: IncomingResponseMessage, offers: boolean): void {
    if (response.statusCode >= 300) return this.noteFailure(response);
    this.dialog.refreshTarget(response);
    this.noteAllow(response);
    if (offers) this.offers.takeRemote(response, "response");
    this.timer.takeResponse(response);
  }

  /**
   * RFC 3311 §5.1: "the UPDATE can contain an offer if the callee generated an answer in a reliable
   * provisional response" that has its PRACK, or the INVITE is over, and no offer is open.
   */
  private get mayUpdateOffer(): boolean {
    if (this.hasOpenOffer) return false;
    const { sessionState, signalingState, offers } = this;
    // An INVITE without an offer is in progress: the offer will be in a response to it.
    const { invitation } = this.state;
    const isUnanswered = invitation === "inviting" || invitation === "invited";
    if (isUnanswered && offers.isRoundOpen) return false;
    if (signalingState === "Stable") return offers.isFirm;
    return signalingState === "Initial" && sessionState === "Confirmed";
  }

  private ask(
    method: string,
    delegate: OutgoingRequestDelegate | undefined,
    options: RequestOptions | undefined,
  ): UserAgentClient {
    this.checkOpen(method.toLowerCase());
    const { supervisor, dialog } = this;
    const message = dialog.request(method, options);
    const clients = this.clients ??= new Set();
    const onEnd = (response?: IncomingResponseMessage): void => {
      clients.delete(client);
      if (response !== undefined) this.noteFailure(response);
    };
    const client = new UserAgentClient(supervisor, message, dialog, delegate, { onEnd });
    clients.add(client);
    return client.start();
  }
}
