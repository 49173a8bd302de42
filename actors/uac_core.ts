/**
 * What the core does with a request that a program sends outside of any dialog (RFC 3261 §8.1): what
 * it adds, and what it refuses.
 *
 * @module
 */
import {
  InvalidArgumentError,
  InvalidStateError,
  OutgoingRequestMessage,
  TransportError,
} from "../messages/mod.ts";
import { MAX_EXPIRES } from "../machines/mod.ts";
import { checkContact, contactScheme } from "./locating/contact.ts";
import { acceptLines } from "./transactions/content_inspection.ts";
import { allowEvents } from "./subscriptions/event_inspection.ts";
import { flowTo, nextHopOf } from "./locating/flow.ts";
import { InviteUserAgentClient } from "./calls/invite_user_agent_client.ts";
import type {
  InviteOptions,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  OutgoingRequest,
  OutgoingRequestDelegate,
} from "./transactions/outgoing_request.ts";
import type { OutgoingReferRequest, OutgoingReferRequestDelegate } from "./subscriptions/refer.ts";
import { ReferUserAgentClient } from "./subscriptions/refer_user_agent_client.ts";
import type { RequestMaker } from "./registrations/register_request.ts";
import { checkRegistration } from "./registrations/registration.ts";
import type {
  Registration,
  RegistrationDelegate,
  RegistrationOptions,
} from "./registrations/registration.ts";
import { RegistrationClient } from "./registrations/registration_client.ts";
import { capabilityLines, setMissing } from "./calls/session_headers.ts";
import { requestHeaders, retryWithInterval } from "./calls/session_timer.ts";
import { SubscribeUserAgentClient } from "./subscriptions/subscribe_user_agent_client.ts";
import type {
  OutgoingSubscribeRequest,
  OutgoingSubscribeRequestDelegate,
} from "./subscriptions/subscription.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentClient } from "./transactions/user_agent_client.ts";
import { checkTransports } from "./user_agent_core_configuration.ts";
import type { Transport } from "../transports/transport.ts";

/** Methods that are no request of their own: the first two of an INVITE, the last with `invite()`. */
const NOT_BY_REQUEST = ["ACK", "CANCEL", "INVITE"];

/** See the module; each of its methods is the core's. */
export class UacCore {
  private readonly supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.supervisor = supervisor;
  }

  invite(
    message: OutgoingRequestMessage,
    delegate: OutgoingInviteRequestDelegate | undefined,
    { keepFirst = false }: InviteOptions,
  ): OutgoingInviteRequest {
    return this.send(message, ["INVITE"], () => {
      const { environment } = this.supervisor;
      const { sessionTimer } = environment;
      this.addContact(message);
      setMissing(message, capabilityLines(environment));
      if (sessionTimer.interval > 0) {
        setMissing(message, requestHeaders(sessionTimer.interval, sessionTimer.minimum));
      }
      const { supervisor } = this;
      const retry = retryWithInterval(message);
      const client = new InviteUserAgentClient(supervisor, message, delegate, retry);
      client.keepsFirst = keepFirst;
      return client.start();
    });
  }

  /** @param methods Which methods it takes; all that are requests of their own by default. */
  request(
    message: OutgoingRequestMessage,
    methods: string[] | undefined,
    delegate: OutgoingRequestDelegate | undefined,
  ): OutgoingRequest {
    return this.send(message, methods, () => {
      const { method } = message;
      if (method === "OPTIONS") this.addAcceptance(message);
      if (method === "SUBSCRIBE" || method === "REFER") this.addContact(message);
      const way = { nextHop: nextHopOf(message) };
      return new UserAgentClient(this.supervisor, message, way, delegate).start();
    });
  }

  refer(
    message: OutgoingRequestMessage,
    delegate: OutgoingReferRequestDelegate | undefined,
  ): OutgoingReferRequest {
    return this.send(message, ["REFER"], () => {
      this.addEventHeaders(message);
      return new ReferUserAgentClient(this.supervisor, message, delegate).start();
    });
  }

  subscribe(
    message: OutgoingRequestMessage,
    delegate: OutgoingSubscribeRequestDelegate | undefined,
  ): OutgoingSubscribeRequest {
    return this.send(message, ["SUBSCRIBE"], () => {
      this.addEventHeaders(message);
      return new SubscribeUserAgentClient(this.supervisor, message, delegate).start();
    });
  }

  /** @param make Makes a request with what the configuration says of every request. */
  registration(
    options: RegistrationOptions,
    delegate: RegistrationDelegate | undefined,
    make: RequestMaker,
  ): Registration {
    checkRegistration(options, MAX_EXPIRES);
    this.checkRunning();
    return new RegistrationClient(this.supervisor, options, make, delegate).start();
  }

  networkChanged(transports: readonly Transport[] | undefined): void {
    if (transports !== undefined) checkTransports(transports);
    this.checkRunning();
    const { supervisor } = this;
    const { registry, environment: { registrations } } = supervisor;
    supervisor.changeNetwork(transports, () => registrations.networkChanged());
    // Those of an address that is registered are told when it is registered again.
    for (const call of registry.invitedCalls) {
      if (registrations.of(call.session.localURI) === undefined) call.relocate();
    }
  }

  /** What every new request goes through before it is sent. */
  private send<T>(
    message: OutgoingRequestMessage,
    methods: string[] | undefined,
    send: () => T,
  ): T {
    checkMethod(message, methods);
    this.checkRunning();
    if (message.branch !== undefined) {
      throw new InvalidArgumentError("message", "a request that was not sent before", "its Via");
    }
    try {
      return send();
    } catch (error) {
      // It was not sent: the program may mend it and try again.
      message.branch = undefined;
      throw error;
    }
  }

  private checkRunning(): void {
    const { state } = this.supervisor;
    if (state === "running") return;
    throw new InvalidStateError(`expected a running core, found it ${state}`);
  }

  /** §8.1.1.8: what can make a dialog has a Contact. */
  private addContact(message: OutgoingRequestMessage): void {
    const own = message.getHeaders("Contact");
    if (own.length > 0) return checkContact(own);
    const { transports, contact } = this.supervisor.environment;
    const flow = flowTo(nextHopOf(message), transports);
    if (flow instanceof TransportError) return;
    const { fromURI, ruri } = message;
    const scheme = contactScheme(ruri, nextHopOf(message));
    message.setHeader("Contact", contact(flow.transport, fromURI.user, fromURI, scheme));
  }

  private addEventHeaders(message: OutgoingRequestMessage): void {
    const { environment } = this.supervisor;
    this.addContact(message);
    const allow = environment.allow();
    // What it asks for is a NOTIFY.
    const all = /\bNOTIFY\b/.test(allow) ? allow : `${allow}, NOTIFY`;
    setMissing(message, [
      `Allow: ${all}`,
      // §8.1.1.9; RFC 4538 §3 has it in every request that can make a dialog.
      `Supported: ${environment.supported}`,
      ...allowEvents(environment),
    ]);
  }

  /**
   * §11.1: "The Accept header field SHOULD be included to indicate the type of message body the UAC
   * wishes to receive in the response."
   */
  private addAcceptance(message: OutgoingRequestMessage): void {
    const { content, supported } = this.supervisor.environment;
    const [accept = ""] = acceptLines(content);
    setMissing(message, [accept, `Supported: ${supported}`]);
  }
}

function checkMethod(message: OutgoingRequestMessage, methods: string[] | undefined): void {
  const isMessage = message instanceof OutgoingRequestMessage;
  const isTaken = isMessage &&
    (methods?.includes(message.method) ?? !NOT_BY_REQUEST.includes(message.method));
  if (isTaken) return;
  const expected = methods?.join() ?? `a request but ${NOT_BY_REQUEST.join(", ")}`;
  const found = isMessage ? message.method : typeof message;
  throw new InvalidArgumentError("message", `${expected}, made by this library`, found);
}
