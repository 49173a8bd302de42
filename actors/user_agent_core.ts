/**
 * The core: what a program makes one of, and makes its calls with.
 *
 * @module
 */
import {
  type BinaryBody,
  type Body,
  type IncomingRequestMessage,
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type OutgoingResponse,
  type ResponseOptions,
  type URI,
} from "../messages/mod.ts";
import type { CoreObserver } from "./observers.ts";
import { makeEnvironment } from "./environment.ts";
import type {
  InviteOptions,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  OutgoingMessageRequest,
  OutgoingPublishRequest,
  OutgoingRegisterRequest,
  OutgoingRequest,
  OutgoingRequestDelegate,
} from "./transactions/outgoing_request.ts";
import type { OutgoingReferRequest, OutgoingReferRequestDelegate } from "./subscriptions/refer.ts";
import type {
  Registration,
  RegistrationDelegate,
  RegistrationOptions,
} from "./registrations/registration.ts";
import type {
  OutgoingSubscribeRequest,
  OutgoingSubscribeRequestDelegate,
} from "./subscriptions/subscription.ts";
import type { Transport } from "../transports/transport.ts";
import { asSips, strictRouterOf } from "./locating/flow.ts";
import { Supervisor } from "./supervisor.ts";
import { UacCore } from "./uac_core.ts";
import { UasCore } from "./uas_core.ts";
import { endUnwantedCall } from "./calls/unwanted_call.ts";
import {
  checkMilliseconds,
  type UserAgentCoreConfiguration,
} from "./user_agent_core_configuration.ts";
import type { UserAgentCoreDelegate } from "./user_agent_core_delegate.ts";

/** How long `stop()` waits for calls to end, in milliseconds, if it is not told. */
const STOP_DEADLINE = 5000;

/**
 * A user agent: sends and takes requests over its transports.
 *
 * @example
 * ```ts
 * import { URI, UserAgentCore } from "@strowger/sip";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const network = new MemoryNetwork();
 * const transport = network.transport({ host: "alice.example", port: 5060 });
 * const core = new UserAgentCore({ transports: [transport] });
 * const alice = URI.parse("sip:alice@alice.example");
 * const bob = URI.parse("sip:bob@bob.example");
 *
 * const message = core.makeOutgoingRequestMessage("INVITE", bob, alice, bob);
 * const request = core.invite(message, {
 *   onProgress: ({ message }) => console.log(message.statusCode, message.reasonPhrase),
 *   onAccept: (response) => response.ack(),
 * });
 * request.cancel();
 * await core.dispose();
 * ```
 */
export class UserAgentCore {
  /** What it was made from, but for `credentials`. */
  readonly configuration: UserAgentCoreConfiguration;
  /** Who is told of requests that come in; it may be set or replaced at any time. */
  delegate: UserAgentCoreDelegate;
  private readonly supervisor: Supervisor;
  private readonly uac: UacCore;
  private readonly uas: UasCore;

  /**
   * Attaches to the transports: from now on requests are taken.
   *
   * @throws `InvalidArgumentError` for a configuration that makes no sense.
   */
  constructor(configuration: UserAgentCoreConfiguration, delegate: UserAgentCoreDelegate = {}) {
    const environment = makeEnvironment(configuration, () => this.delegate);
    // Whoever prints a core, or what it was made from, shall not see a password.
    const { credentials: _, ...shown } = configuration;
    this.configuration = shown;
    this.delegate = delegate;
    this.supervisor = new Supervisor(environment, {
      receiveRequest: (request, flow) => this.uas.receive(request, flow),
      // A 2xx to an INVITE of ours that was given up, or a late branch of it.
      receiveStrayAccept: (response, call) => endUnwantedCall(this.supervisor, response, call),
    });
    this.uac = new UacCore(this.supervisor);
    this.uas = new UasCore(this.supervisor, () => this.delegate);
  }

  /** Running; draining, while calls are being ended; stopped. */
  get state(): "running" | "draining" | "stopped" {
    return this.supervisor.state;
  }

  /**
   * Ends a call politely, whoever has made it: by CANCEL, by a refusal, or by BYE once it is up.
   *
   * @param callId Its Call-ID, as a recorder has it.
   * @returns Whether there was anything of it.
   */
  endCall(callId: string): boolean {
    const entries = this.supervisor.registry.ofCall(callId);
    for (const each of entries) each.end();
    return entries.length > 0;
  }

  /**
   * Lets somebody watch all that happens here from now on, also in calls that are there already.
   *
   * @returns To be called when no more is wanted.
   *
   * @example
   * ```ts
   * import { UserAgentCore } from "@strowger/sip";
   *
   * const core = new UserAgentCore({ transports: [] });
   * const stopWatching = core.observe({ message: ({ direction }) => console.log(direction) });
   * stopWatching();
   * await core.dispose();
   * ```
   */
  observe(observer: CoreObserver): () => void {
    return this.supervisor.environment.observers.add(observer);
  }

  /** How many transactions and dialogs live; all zero when nothing is left. */
  get live(): { clients: number; servers: number; dialogs: number; entries: number } {
    const { registry } = this.supervisor;
    return { ...registry.counts, entries: registry.size };
  }

  /** How many messages were dropped: nobody was there for them, or nobody could understand them. */
  get dropped(): number {
    return this.supervisor.dropped;
  }

  /**
   * Makes a request with what the configuration says of every request: routes, User-Agent. Where a
   * registration has the address in From, the routes are those of the registration.
   *
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  makeOutgoingRequestMessage(
    method: string,
    requestURI: URI,
    fromURI: URI,
    toURI: URI,
    options: OutgoingRequestMessageOptions = {},
    extraHeaders?: string[],
    body?: Body | BinaryBody,
  ): OutgoingRequestMessage {
    const { userAgentHeaderFieldValue: userAgentString } = this.configuration;
    const { registrations, routeSet } = this.supervisor.environment;
    const routes = options.routeSet ?? registrations.of(fromURI)?.routeSet ?? routeSet;
    // §8.1.2: "If the first element in the route set indicated a strict router ..., the procedures MUST
    // be applied to the Request-URI of the request", as they are within a dialog.
    const router = strictRouterOf(routes);
    const message = new OutgoingRequestMessage(
      method,
      router ?? requestURI,
      fromURI,
      toURI,
      {
        identifiers: this.supervisor.environment.identifiers,
        ...(userAgentString === undefined ? {} : { userAgentString }),
        ...options,
        routeSet: router === undefined ? [...routes] : [...routes.slice(1), `<${requestURI}>`],
      },
      extraHeaders,
      body,
    );
    message.nextHop = router && requestURI.scheme === "sips" ? asSips(router) : router;
    return message;
  }

  /**
   * Sends an INVITE (RFC 3261 §13.2). Contact, Allow and Supported are added where they are missing.
   * Where it has an Expires, and nobody has answered by then, it is cancelled (§13.2.1).
   *
   * @param message The INVITE, as `makeOutgoingRequestMessage` makes it.
   * @param delegate Who is told; it may be set later.
   * @param options What becomes of it where it is forked.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire, `InvalidStateError`
   * once the core is being stopped.
   */
  invite(
    message: OutgoingRequestMessage,
    delegate?: OutgoingInviteRequestDelegate,
    options: InviteOptions = {},
  ): OutgoingInviteRequest {
    return this.uac.invite(message, delegate, options);
  }

  /**
   * Sends a request that is no INVITE, outside of any dialog (§8.1). SUBSCRIBE and REFER get a
   * Contact, and OPTIONS Accept and Supported, where it is missing.
   *
   * @param message The request, as `makeOutgoingRequestMessage` makes it; not INVITE, ACK or CANCEL.
   * @param delegate Who is told; it may be set later.
   * @throws As `invite()`.
   *
   * @example
   * ```ts
   * import { URI, UserAgentCore } from "@strowger/sip";
   * import { MemoryNetwork } from "@strowger/sip/transports/memory";
   *
   * const network = new MemoryNetwork();
   * const at = (host: string) => ({ transports: [network.transport({ host, port: 5060 })] });
   * const alice = new UserAgentCore(at("alice.example"));
   * const bob = new UserAgentCore(at("bob.example"));
   * const uri = URI.parse("sip:bob@bob.example");
   * const code = await new Promise((resolve) => {
   *   alice.request(alice.makeOutgoingRequestMessage("OPTIONS", uri, uri, uri), {
   *     onAccept: ({ message }) => resolve(message.statusCode),
   *     onReject: ({ message }) => resolve(message.statusCode),
   *   });
   * });
   * console.assert(code === 480); // as bob would answer an INVITE: nobody listens
   * await Promise.all([alice.dispose(), bob.dispose()]);
   * ```
   */
  request(message: OutgoingRequestMessage, delegate?: OutgoingRequestDelegate): OutgoingRequest {
    return this.uac.request(message, undefined, delegate);
  }

  /**
   * Sends a REFER outside of any dialog (RFC 3515); `message` has its Refer-To. Contact and Allow are
   * added where they are missing. As `request()`; within a session it is `session.refer()`.
   *
   * @example
   * ```ts
   * import { parseSipfrag, URI, UserAgentCore } from "@strowger/sip";
   * import { MemoryNetwork } from "@strowger/sip/transports/memory";
   *
   * const network = new MemoryNetwork();
   * const at = (host: string) => ({ transports: [network.transport({ host, port: 5060 })] });
   * const alice = new UserAgentCore(at("alice.example"));
   * const bob = new UserAgentCore(at("bob.example"), {
   *   onRefer: (request) => {
   *     const { notifier } = request.accept(); // and now contact request.referTo.uri
   *     notifier?.report(486);
   *   },
   * });
   * const uri = URI.parse("sip:bob@bob.example");
   * const extraHeaders = ["Refer-To: <sip:carol@carol.example>"];
   * const message = alice.makeOutgoingRequestMessage("REFER", uri, uri, uri, {}, extraHeaders);
   * const status = await new Promise((resolve) => {
   *   alice.refer(message, {
   *     onNotify: ({ request }) => resolve(parseSipfrag(request.message.body)?.statusCode),
   *   });
   * });
   * console.assert(status === 486);
   * await Promise.all([alice.dispose(), bob.dispose()]);
   * ```
   */
  refer(
    message: OutgoingRequestMessage,
    delegate?: OutgoingReferRequestDelegate,
  ): OutgoingReferRequest {
    return this.uac.refer(message, delegate);
  }

  /**
   * Sends a SUBSCRIBE (RFC 6665 §4.1.2.1); `message` has its Event. Each NOTIFY from another end makes
   * a subscription: see `delegate.onNotify`. Expires (3,600 seconds), Contact and Allow are added where
   * they are missing. After a 423, it goes once more with the time that is asked for. As `request()`.
   *
   * @example Watching a state, and serving it
   * ```ts
   * import { URI, UserAgentCore } from "@strowger/sip";
   * import { MemoryNetwork } from "@strowger/sip/transports/memory";
   *
   * const network = new MemoryNetwork();
   * const at = (host: string) => ({ transports: [network.transport({ host, port: 5060 })] });
   * const alice = new UserAgentCore(at("alice.example"));
   * const bob = new UserAgentCore(at("bob.example"), {
   *   onSubscribe: (request) => {
   *     const { notifier } = request.accept();
   *     const state = { contentDisposition: "", contentType: "text/plain", content: "at lunch" };
   *     notifier.notify("active", state);
   *   },
   * });
   * const uri = URI.parse("sip:bob@bob.example");
   * const extraHeaders = ["Event: presence", "Expires: 600"];
   * const message = alice.makeOutgoingRequestMessage("SUBSCRIBE", uri, uri, uri, {}, extraHeaders);
   * const state = await new Promise((resolve) => {
   *   alice.subscribe(message, {
   *     onNotify: ({ request, subscription }) => {
   *       resolve(request.message.body);
   *       subscription?.unsubscribe();
   *     },
   *   });
   * });
   * console.assert(state === "at lunch");
   * await Promise.all([alice.dispose(), bob.dispose()]);
   * ```
   */
  subscribe(
    message: OutgoingRequestMessage,
    delegate?: OutgoingSubscribeRequestDelegate,
  ): OutgoingSubscribeRequest {
    return this.uac.subscribe(message, delegate);
  }

  /** Sends a MESSAGE (RFC 3428): as `request()`. */
  message(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingMessageRequest {
    return this.uac.request(message, ["MESSAGE"], delegate);
  }

  /** Sends a PUBLISH (RFC 3903): as `request()`. */
  publish(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingPublishRequest {
    return this.uac.request(message, ["PUBLISH"], delegate);
  }

  /**
   * Sends one REGISTER (§10.2): as `request()`; the program says the Contacts, and when to refresh them.
   * See `registration()` for one that does all that itself.
   */
  register(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingRegisterRequest {
    return this.uac.request(message, ["REGISTER"], delegate);
  }

  /**
   * Registers an address, and keeps it registered (RFC 3261 §10.2, RFC 5626): refreshed before it
   * expires, tried again with growing delays when it fails, made anew when the flow to the registrar is
   * lost or the network is another one, and removed when the core is stopped. Meanwhile the requests
   * from this address have its routes and its Contact.
   *
   * @param options What is registered where.
   * @param delegate Who is told; it may be set later.
   * @throws `InvalidArgumentError` for what cannot go onto the wire, `InvalidStateError` once the core is
   * being stopped.
   *
   * @example
   * ```ts
   * import { URI, UserAgentCore } from "@strowger/sip";
   * import { MemoryNetwork } from "@strowger/sip/transports/memory";
   *
   * const network = new MemoryNetwork();
   * const at = (host: string) => ({ transports: [network.transport({ host, port: 5060 })] });
   * const registrar = new UserAgentCore(at("biloxi.example"), {
   *   onRegister: (request) => {
   *     const extraHeaders = [`Contact: ${request.message.getHeader("Contact")};expires=600`];
   *     request.accept({ statusCode: 200, extraHeaders });
   *   },
   * });
   * const core = new UserAgentCore(at("alice.example"));
   * const code = await new Promise((resolve) => {
   *   core.registration({
   *     registrar: URI.parse("sip:biloxi.example"),
   *     aor: URI.parse("sip:alice@biloxi.example"),
   *   }, { onRegistered: ({ message }) => resolve(message.statusCode) });
   * });
   * console.assert(code === 200);
   * await core.stop(); // and the binding is removed
   * await registrar.dispose();
   * ```
   */
  registration(options: RegistrationOptions, delegate?: RegistrationDelegate): Registration {
    return this.uac.registration(
      options,
      delegate,
      (...request) => this.makeOutgoingRequestMessage(...request),
    );
  }

  /**
   * Says that this machine is on another network: it has another address, or another way out. Connections
   * are given up, every registration is made anew, and then every call that is up is told of the new
   * address by a re-INVITE (see `SessionDelegate.onNetworkChange`). What is on its way by a connection
   * fails with 503.
   *
   * @param transports By which ways to go on, where a socket was bound to an address that is gone; those
   * that are not among them are closed. The same as before by default.
   * @throws `InvalidArgumentError` for what are no transports, `InvalidStateError` once the core is being
   * stopped.
   *
   * @example
   * ```ts
   * import { UserAgentCore } from "@strowger/sip";
   * import { UdpTransport } from "@strowger/sip/transports/udp";
   *
   * const core = new UserAgentCore({ transports: [await UdpTransport.listen()] });
   * // and when the operating system says that there is another network:
   * core.networkChanged([await UdpTransport.listen()]);
   * await core.stop();
   * ```
   */
  networkChanged(transports?: readonly Transport[]): void {
    this.uac.networkChanged(transports);
  }

  /**
   * Answers a request without keeping anything of it (§8.2.7): one that the delegate's
   * `onUnclaimedRequest` has taken. The same request that comes again is another message; its answer
   * has the same To tag.
   *
   * @param message The request, as `onUnclaimedRequest` got it.
   * @param options A final response; for an INVITE, none that accepts it.
   * @throws `InvalidStateError` for a request that was not taken, or was answered already;
   * `InvalidArgumentError` for a response that cannot be sent so.
   *
   * @example Overload
   * ```ts
   * import { UserAgentCore } from "@strowger/sip";
   * import { MemoryNetwork } from "@strowger/sip/transports/memory";
   *
   * const transport = new MemoryNetwork().transport({ host: "bob.example", port: 5060 });
   * const core = new UserAgentCore({ transports: [transport] }, {
   *   onUnclaimedRequest(message) {
   *     if (message.method !== "INVITE" || core.live.dialogs < 10_000) return false;
   *     core.replyStateless(message, { statusCode: 503, extraHeaders: ["Retry-After: 10"] });
   *     return true;
   *   },
   * });
   * await core.dispose();
   * ```
   */
  replyStateless(message: IncomingRequestMessage, options: ResponseOptions): OutgoingResponse {
    return this.uas.replyStateless(message, options);
  }

  /**
   * Stops taking calls, ends every call that is there (BYE, CANCEL, 503), and closes the transports
   * when all have ended.
   *
   * @param options `deadline`: after how many milliseconds what is left is dropped; 5,000 by
   * default.
   * @returns When the transports are closed.
   * @throws `InvalidArgumentError` for a deadline that no clock can count.
   */
  stop(options: { deadline?: number } = {}): Promise<void> {
    const deadline = options?.deadline ?? STOP_DEADLINE;
    checkMilliseconds("deadline", deadline, 0);
    return this.supervisor.stop(deadline);
  }

  /** Drops every call without a word, and closes the transports. */
  dispose(): Promise<void> {
    return this.supervisor.dispose();
  }

  /** For `await using`: as `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
