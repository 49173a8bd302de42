/**
 * The core: what a program makes one of, and makes its calls with.
 *
 * @module
 */
import type { InspectionEvent } from "xstate";
import { DEFAULT_TIMERS, type TimerTable } from "../machines/mod.ts";
import {
  type BinaryBody,
  type Body,
  Identifiers,
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type RandomSource,
  type StrowgerError,
  TransportError,
  URI,
} from "../messages/mod.ts";
import { type Clock, systemClock } from "../transports/clock.ts";
import type { Transport } from "../transports/transport.ts";
import { ALLOWED_METHODS } from "./allowed_methods.ts";
import { checkContact } from "./contact.ts";
import { bracketed, type Flow, flowTo, nextHopOf } from "./flow.ts";
import type { IncomingInviteRequest } from "./incoming_request.ts";
import { InviteUserAgentClient } from "./invite_user_agent_client.ts";
import { InviteUserAgentServer } from "./invite_user_agent_server.ts";
import { defaultLogger, type Logger } from "./logger.ts";
import type { OutgoingInviteRequest, OutgoingInviteRequestDelegate } from "./outgoing_request.ts";
import { serverKey } from "./registry.ts";
import { inspectRequest } from "./request_inspection.ts";
import { ServerTransaction } from "./server_transaction.ts";
import { type Environment, Supervisor, type TraceEntry } from "./supervisor.ts";
import { endUnwantedCall } from "./unwanted_call.ts";

/** How long `stop()` waits for calls to end, in milliseconds, if it is not told. */
const STOP_DEADLINE = 5000;

/** What a core is made from. */
export interface UserAgentCoreConfiguration {
  /** By which ways it sends and receives; the first that fits is taken. The core closes them. */
  transports: readonly Transport[];
  /** The user's own address; its user part goes into Contact. */
  aor?: URI;
  /** What every new request goes through: Route values, each in angle brackets. */
  routeSet?: string[];
  /** What goes into User-Agent and Server; nothing by default. */
  userAgentHeaderFieldValue?: string;
  /** T1, T2 and T4, in milliseconds, where they are not the RFC's. */
  timers?: Partial<TimerTable>;
  /** What counts time; the runtime's own by default. */
  clock?: Clock;
  /** Where branches, tags and Call-IDs come from; the runtime's cryptographic source by default. */
  random?: RandomSource;
  /** Where the engine says what happens; by default warnings go to the console. */
  logger?: Logger;
  /**
   * Takes what went wrong without anybody being there to catch it: a delegate that threw, an ACK
   * that never came, a response that could not be sent. The logger's by default.
   */
  onError?: (error: StrowgerError) => void;
  /** Is told of every message, before it is taken in and before it is sent. */
  trace?: (entry: TraceEntry) => void;
  /** XState's inspection of every actor. */
  inspect?: (event: InspectionEvent) => void;
}

/** Who is told of requests that come in. */
export interface UserAgentCoreDelegate {
  /** An INVITE that sets up a session. Without this, the engine answers 480. */
  onInvite?(request: IncomingInviteRequest): void;
}

/** The longest delay that runtimes count right; beyond it they fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

function checkMilliseconds(field: string, value: number, least: number, most = MAX_DELAY): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new InvalidArgumentError(field, `${least} to ${most} milliseconds`, `${value}`);
}

function isTransport(value: unknown): boolean {
  const transport = value as Partial<Transport> | undefined;
  return typeof transport?.attach === "function" && typeof transport.send === "function";
}

function timersOf(overrides: Partial<TimerTable> | undefined): TimerTable {
  const T1 = overrides?.T1 ?? DEFAULT_TIMERS.T1;
  const T2 = overrides?.T2 ?? DEFAULT_TIMERS.T2;
  const T4 = overrides?.T4 ?? DEFAULT_TIMERS.T4;
  // 64*T1 is a delay, too.
  checkMilliseconds("timers.T1", T1, 1, MAX_DELAY / 64);
  checkMilliseconds("timers.T2", T2, 1);
  checkMilliseconds("timers.T4", T4, 1);
  return { T1, T2, T4 };
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
  /** What it was made from. */
  readonly configuration: UserAgentCoreConfiguration;
  /** Who is told of requests that come in; it may be set or replaced at any time. */
  delegate: UserAgentCoreDelegate;
  private readonly environment: Environment;
  private readonly supervisor: Supervisor;

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
    this.configuration = configuration;
    this.delegate = delegate;
    this.environment = {
      clock: configuration.clock ?? systemClock,
      identifiers: new Identifiers(configuration.random),
      logger,
      timers: timersOf(configuration.timers),
      transports: configuration.transports,
      userAgent: configuration.userAgentHeaderFieldValue,
      contact: (transport, user) => this.contact(transport, user),
      onError: configuration.onError ?? ((error) => logger.warn(`${error.name}: ${error.message}`)),
      trace: configuration.trace,
      inspect: configuration.inspect,
    };
    this.supervisor = new Supervisor(this.environment, {
      receiveRequest: (request, flow) => this.receiveRequest(request, flow),
      // A 2xx to an INVITE of ours that was given up, or a late branch of it.
      receiveStrayAccept: (response, call) => endUnwantedCall(this.supervisor, response, call),
    });
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
   * Sends an INVITE (RFC 3261 §13.2). Contact and Allow are added where they are missing.
   *
   * @param message The INVITE, as `makeOutgoingRequestMessage` makes it.
   * @param delegate Who is told; it may be set later.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire, `InvalidStateError`
   * once the core is being stopped.
   */
  invite(
    message: OutgoingRequestMessage,
    delegate?: OutgoingInviteRequestDelegate,
  ): OutgoingInviteRequest {
    if (this.state !== "running") {
      throw new InvalidStateError(`invite: expected a running core, found it ${this.state}`);
    }
    if (!(message instanceof OutgoingRequestMessage) || message.method !== "INVITE") {
      throw new InvalidArgumentError("message", "an INVITE that was made here", typeof message);
    }
    if (message.branch !== undefined) {
      throw new InvalidArgumentError("message", "a request that was not sent before", "its Via");
    }
    try {
      return new InviteUserAgentClient(this.supervisor, this.complete(message), delegate).start();
    } catch (error) {
      // It was not sent: the program may mend it and try again.
      message.branch = undefined;
      throw error;
    }
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

  /** Takes a request that no transaction and no dialog claims. */
  private receiveRequest(request: IncomingRequestMessage, flow: Flow): void {
    const isMerged = this.supervisor.registry.isMerged(request);
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    if (request.method === "CANCEL") return this.receiveCancel(request, transaction);
    if (isMerged) return transaction.refuse(482);
    if (this.state !== "running") return transaction.refuse(503);
    const refusal = inspectRequest(request);
    if (refusal !== undefined) return void transaction.respond(refusal);
    const server = new InviteUserAgentServer(this.supervisor, request, transaction);
    const { onInvite } = this.delegate;
    if (onInvite === undefined) return void server.reject();
    this.supervisor.callGuest("onInvite", () => onInvite.call(this.delegate, server), () => {
      if (!server.isAnswered) server.reject({ statusCode: 500 });
    });
  }

  /** §9.2: the CANCEL is answered by itself, and then its INVITE. */
  private receiveCancel(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const invite = this.supervisor.registry.server(serverKey(request, "INVITE"));
    // "If the UAS did not find a matching transaction for the CANCEL ..., it SHOULD respond to the
    // CANCEL with a 481".
    if (invite === undefined) return transaction.refuse(481);
    // "The To tag of the response to the CANCEL and the To tag in the response to the original
    // request SHOULD be the same."
    transaction.respond({ statusCode: 200, toTag: invite.toTag });
    invite.cancel(request);
  }

  /** Adds what an INVITE has to have and the program has not put there itself. */
  private complete(message: OutgoingRequestMessage): OutgoingRequestMessage {
    const flow = flowTo(nextHopOf(message), this.environment.transports);
    if (!message.hasHeader("Contact") && !(flow instanceof TransportError)) {
      message.setHeader("Contact", this.contact(flow.transport, message.fromURI.user));
    }
    if (message.hasHeader("Contact")) checkContact(message.getHeaders("Contact"));
    if (!message.hasHeader("Allow")) message.setHeader("Allow", ALLOWED_METHODS.join(", "));
    return message;
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
