/**
 * The core: what a program makes one of, and makes its calls with.
 *
 * @module
 */
import {
  type BinaryBody,
  type Body,
  Identifiers,
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type OutgoingResponse,
  type ResponseOptions,
  TransportError,
  URI,
} from "../messages/mod.ts";
import { systemClock } from "../transports/clock.ts";
import type { Transport } from "../transports/transport.ts";
import { checkContact } from "./contact.ts";
import { acceptLines, checkContent } from "./content_inspection.ts";
import { bracketed, flowTo, nextHopOf } from "./flow.ts";
import { InviteUserAgentClient } from "./invite_user_agent_client.ts";
import { defaultLogger } from "./logger.ts";
import { ENGINE_OPTION_TAGS, joinTags } from "./option_tags.ts";
import type {
  InviteOptions,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  OutgoingMessageRequest,
  OutgoingPublishRequest,
  OutgoingRegisterRequest,
  OutgoingRequest,
  OutgoingRequestDelegate,
} from "./outgoing_request.ts";
import { capabilityLines, setMissing } from "./session_headers.ts";
import { requestHeaders, retryWithInterval } from "./session_timer.ts";
import { type Environment, Supervisor } from "./supervisor.ts";
import { allowedMethods, type UserAgentCoreDelegate } from "./user_agent_core_delegate.ts";
import {
  authenticationOf,
  checkMilliseconds,
  checkTokens,
  isTransport,
  sessionTimerOf,
  timersOf,
  type UserAgentCoreConfiguration,
} from "./user_agent_core_configuration.ts";
import { UserAgentClient } from "./user_agent_client.ts";
import { allowEvents, eventPolicy } from "./event_inspection.ts";
import type { OutgoingReferRequest, OutgoingReferRequestDelegate } from "./refer.ts";
import { ReferUserAgentClient } from "./refer_user_agent_client.ts";
import { SubscribeUserAgentClient } from "./subscribe_user_agent_client.ts";
import type { OutgoingSubscribeRequest, OutgoingSubscribeRequestDelegate } from "./subscription.ts";
import { UasCore } from "./uas_core.ts";
import { endUnwantedCall } from "./unwanted_call.ts";

/** How long `stop()` waits for calls to end, in milliseconds, if it is not told. */
const STOP_DEADLINE = 5000;

/** Methods that are no request of their own: the first two of an INVITE, the last with `invite()`. */
const NOT_BY_REQUEST = ["ACK", "CANCEL", "INVITE"];

function checkMethod(message: OutgoingRequestMessage, methods: string[] | undefined): void {
  const isMessage = message instanceof OutgoingRequestMessage;
  const isTaken = isMessage &&
    (methods?.includes(message.method) ?? !NOT_BY_REQUEST.includes(message.method));
  if (isTaken) return;
  const expected = methods?.join() ?? `a request but ${NOT_BY_REQUEST.join(", ")}`;
  const found = isMessage ? message.method : typeof message;
  throw new InvalidArgumentError("message", `${expected}, made by this library`, found);
}

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
  private readonly environment: Environment;
  private readonly supervisor: Supervisor;
  private readonly uas: UasCore;

  /**
   * Attaches to the transports: from now on requests are taken.
   *
   * @throws `InvalidArgumentError` for a configuration that makes no sense.
   */
  constructor(configuration: UserAgentCoreConfiguration, delegate: UserAgentCoreDelegate = {}) {
    const transports: unknown = configuration?.transports;
    if (!Array.isArray(transports) || !transports.every(isTransport)) {
      throw new InvalidArgumentError("transports", "an array of transports", typeof transports);
    }
    const logger = configuration.logger ?? defaultLogger;
    const { supportedOptionTags = [], requiredOptionTags = [], content = {} } = configuration;
    const optionTags = joinTags(
      ENGINE_OPTION_TAGS,
      checkTokens("supportedOptionTags", supportedOptionTags),
    );
    const identifiers = new Identifiers(configuration.random);
    // Whoever prints a core, or what it was made from, shall not see a password.
    const { credentials: _, ...shown } = configuration;
    this.configuration = shown;
    const events = eventPolicy(configuration);
    this.delegate = delegate;
    this.environment = {
      ...events,
      clock: configuration.clock ?? systemClock,
      identifiers,
      logger,
      timers: timersOf(configuration.timers),
      transports: configuration.transports,
      authentication: authenticationOf(configuration, identifiers),
      userAgent: configuration.userAgentHeaderFieldValue,
      allow: () => this.allowed(),
      optionTags,
      sessionTimer: sessionTimerOf(configuration),
      infoPackages: configuration.infoPackages === undefined
        ? undefined
        : checkTokens("infoPackages", configuration.infoPackages),
      requiredOptionTags: checkTokens("requiredOptionTags", requiredOptionTags),
      content: checkContent(content),
      capabilities: () => [
        `Allow: ${this.allowed()}`,
        ...acceptLines(content),
        `Supported: ${optionTags.join(", ")}`,
        ...allowEvents(events),
      ],
      contact: (transport, user) => this.contact(transport, user),
      onError: configuration.onError ?? ((error) => logger.warn(`${error.name}: ${error.message}`)),
      trace: configuration.trace,
      inspect: configuration.inspect,
    };
    this.supervisor = new Supervisor(this.environment, {
      receiveRequest: (request, flow) => this.uas.receive(request, flow),
      // A 2xx to an INVITE of ours that was given up, or a late branch of it.
      receiveStrayAccept: (response, call) => endUnwantedCall(this.supervisor, response, call),
    });
    this.uas = new UasCore(this.supervisor, () => this.delegate);
  }

  /** Running; draining, while calls are being ended; stopped. */
  get state(): "running" | "draining" | "stopped" {
    return this.supervisor.state;
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
   * Makes a request with what the configuration says of every request: routes, User-Agent.
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
    const { routeSet, userAgentHeaderFieldValue: userAgentString } = this.configuration;
    return new OutgoingRequestMessage(
      method,
      requestURI,
      fromURI,
      toURI,
      {
        identifiers: this.environment.identifiers,
        ...(routeSet === undefined ? {} : { routeSet }),
        ...(userAgentString === undefined ? {} : { userAgentString }),
        ...options,
      },
      extraHeaders,
      body,
    );
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
    { keepFirst = false }: InviteOptions = {},
  ): OutgoingInviteRequest {
    return this.send(message, ["INVITE"], () => {
      this.addContact(message);
      const { sessionTimer } = this.environment;
      setMissing(message, capabilityLines(this.environment));
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

  /**
   * Sends a request that is no INVITE, outside of any dialog (§8.1). SUBSCRIBE and REFER get a
   * Contact where it is missing.
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
    return this.sendRequest(message, undefined, delegate);
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
    return this.send(message, ["REFER"], () => {
      this.addEventHeaders(message);
      return new ReferUserAgentClient(this.supervisor, message, delegate).start();
    });
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
    return this.send(message, ["SUBSCRIBE"], () => {
      this.addEventHeaders(message);
      return new SubscribeUserAgentClient(this.supervisor, message, delegate).start();
    });
  }

  /** Sends a MESSAGE (RFC 3428): as `request()`. */
  message(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingMessageRequest {
    return this.sendRequest(message, ["MESSAGE"], delegate);
  }

  /** Sends a PUBLISH (RFC 3903): as `request()`. */
  publish(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingPublishRequest {
    return this.sendRequest(message, ["PUBLISH"], delegate);
  }

  /** Sends a REGISTER (§10.2): as `request()`; the program says the Contacts. */
  register(
    message: OutgoingRequestMessage,
    delegate?: OutgoingRequestDelegate,
  ): OutgoingRegisterRequest {
    return this.sendRequest(message, ["REGISTER"], delegate);
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

  private allowed(): string {
    const methods = allowedMethods(this.delegate);
    return this.configuration.infoPackages === undefined ? methods : `${methods}, INFO`;
  }

  private sendRequest(
    message: OutgoingRequestMessage,
    methods: string[] | undefined,
    delegate: OutgoingRequestDelegate | undefined,
  ): OutgoingRequest {
    return this.send(message, methods, () => {
      const { method } = message;
      if (method === "SUBSCRIBE" || method === "REFER") this.addContact(message);
      const way = { nextHop: nextHopOf(message) };
      return new UserAgentClient(this.supervisor, message, way, delegate).start();
    });
  }

  /** What every new request goes through before it is sent. */
  private send<T>(
    message: OutgoingRequestMessage,
    methods: string[] | undefined,
    send: () => T,
  ): T {
    checkMethod(message, methods);
    if (this.state !== "running") {
      throw new InvalidStateError(`expected a running core, found it ${this.state}`);
    }
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

  /** §8.1.1.8: what can make a dialog has a Contact. */
  private addContact(message: OutgoingRequestMessage): void {
    const flow = flowTo(nextHopOf(message), this.environment.transports);
    if (!message.hasHeader("Contact") && !(flow instanceof TransportError)) {
      message.setHeader("Contact", this.contact(flow.transport, message.fromURI.user));
    }
    if (message.hasHeader("Contact")) checkContact(message.getHeaders("Contact"));
  }

  private addEventHeaders(message: OutgoingRequestMessage): void {
    this.addContact(message);
    const allow = this.environment.allow();
    // What it asks for is a NOTIFY.
    const all = /\bNOTIFY\b/.test(allow) ? allow : `${allow}, NOTIFY`;
    setMissing(message, [`Allow: ${all}`, ...allowEvents(this.environment)]);
  }

  /** RFC 3261 §8.1.1.8; RFC 7118 §5 has `transport=ws` for both WS and WSS. */
  private contact({ protocol, local }: Transport, user: string | undefined): string {
    const name = user ?? this.configuration.aor?.user;
    const parameter = protocol.toLowerCase().replace("wss", "ws");
    const uri = new URI("sip", name, bracketed(local.host), local.port);
    if (parameter !== "udp") uri.setParam("transport", parameter);
    return `<${uri}>`;
  }
}
