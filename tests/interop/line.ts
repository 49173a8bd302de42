/**
 * A user of the domain whose phone is an engine: registered, calling and called through Kamailio.
 */
import {
  type AckableIncomingResponseWithSession,
  type Body,
  type IncomingInviteRequest,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type OutgoingInviteRequest,
  type OutgoingRequest,
  type OutgoingRequestDelegate,
  type OutgoingRequestMessage,
  type Session,
  URI,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { Engine, type Protocol } from "./engine.ts";
import { Inbox } from "./inbox.ts";
import { addressOf, DOMAIN, type Kamailio, passwordOf } from "./kamailio.ts";
import { description, text } from "./sipp_scenario.ts";

/** What is not as usual. */
export interface LineOptions {
  /** A password that is not the user's. */
  readonly password?: string;
  /** How much is lost of what the engine sends and is sent, from 0 to 1. */
  readonly loss?: number;
}

/** A call that was placed: what came of it. */
export interface PlacedCall {
  readonly request: OutgoingInviteRequest;
  /** Status codes of provisional responses but 100, and of a failure. */
  readonly progress: Inbox<number>;
  readonly accepted: Inbox<AckableIncomingResponseWithSession>;
}

/** A call that is up, or was. */
export interface LiveCall {
  readonly session: Session;
  /** ACKs of the far end. */
  readonly acks: Inbox<IncomingRequestMessage>;
  /** BYEs of the far end. */
  readonly byes: Inbox<IncomingRequestMessage>;
}

/** See the module. */
export class Line {
  readonly engine: Engine;
  readonly user: string;
  /** INVITEs that came in. */
  readonly invites: Inbox<IncomingInviteRequest> = new Inbox("INVITE");
  /** MESSAGEs that came in; they are answered already. */
  readonly texts: Inbox<IncomingRequestMessage> = new Inbox("MESSAGE");
  private isRegistered = false;

  private constructor(engine: Engine, user: string) {
    this.engine = engine;
    this.user = user;
    engine.core.delegate = {
      onInvite: (request) => this.invites.put(request),
      onMessage: (request) => {
        request.accept();
        this.texts.put(request.message);
      },
    };
  }

  /** Makes an engine for a user. */
  static async open(
    protocol: Protocol,
    user: string,
    proxy: Kamailio,
    { password = passwordOf(user), loss = 0 }: LineOptions = {},
  ): Promise<Line> {
    const configuration: Partial<UserAgentCoreConfiguration> = {
      aor: addressOf(user),
      routeSet: [proxy.route(protocol)],
      credentials: [{ realm: DOMAIN, username: user, password }],
    };
    return new Line(await Engine.start(protocol, configuration, { loss, proxy }), user);
  }

  /** Registers for some seconds, or not any more for 0; the final response. */
  register(expires: number): Promise<IncomingResponseMessage> {
    const { core, hostport, protocol } = this.engine;
    const contact = `<sip:${this.user}@${hostport};transport=${
      protocol.toLowerCase().replace("wss", "ws")
    }>`;
    const headers = [`Contact: ${contact}`, `Expires: ${expires}`];
    const registrar = URI.parse(`sip:${DOMAIN}`);
    const address = addressOf(this.user);
    const message = core.makeOutgoingRequestMessage(
      "REGISTER",
      registrar,
      address,
      address,
      {},
      headers,
    );
    this.isRegistered = expires > 0;
    return outcome((delegate) => core.register(message, delegate));
  }

  /** Removes the registration, if there is one. */
  async leave(): Promise<void> {
    if (this.isRegistered) await this.register(0);
  }

  /** Sends a line of text; the final response. */
  sendText(user: string, content: string): Promise<IncomingResponseMessage> {
    const message = this.requestTo("MESSAGE", user, text(content));
    return outcome((delegate) => this.engine.core.message(message, delegate));
  }

  /** Places a call. */
  call(user: string): PlacedCall {
    const progress = new Inbox<number>("response");
    const accepted = new Inbox<AckableIncomingResponseWithSession>("2xx");
    const message = this.requestTo("INVITE", user, description(this.user));
    const request = this.engine.core.invite(message, {
      onProgress: ({ message }) => progress.put(message.statusCode ?? 0),
      onReject: ({ message }) => progress.put(message.statusCode ?? 0),
      onAccept: (response) => {
        response.ack();
        accepted.put(response);
      },
    });
    return { request, progress, accepted };
  }

  private requestTo(method: string, user: string, body: Body): OutgoingRequestMessage {
    const target = addressOf(user);
    const from = addressOf(this.user);
    const { core } = this.engine;
    return core.makeOutgoingRequestMessage(method, target, from, target, {}, undefined, body);
  }
}

/** Listens to a session. */
export function follow(session: Session): LiveCall {
  const byes = new Inbox<IncomingRequestMessage>("BYE");
  const acks = new Inbox<IncomingRequestMessage>("ACK");
  session.delegate = {
    onAck: ({ message }) => acks.put(message),
    onBye: ({ message }) => byes.put(message),
  };
  return { session, acks, byes };
}

/** The final response to a request. */
export function outcome(
  send: (delegate: OutgoingRequestDelegate) => OutgoingRequest,
): Promise<IncomingResponseMessage> {
  const responses = new Inbox<IncomingResponseMessage>("final response");
  const put = ({ message }: { message: IncomingResponseMessage }) => responses.put(message);
  send({ onAccept: put, onRedirect: put, onReject: put });
  return responses.next();
}

/** Invites again; the final response, which is acknowledged. */
export function reInvite(session: Session, body: Body): Promise<IncomingResponseMessage> {
  const responses = new Inbox<IncomingResponseMessage>("answer to a re-INVITE");
  session.invite({
    onAccept: (response) => {
      response.ack();
      responses.put(response.message);
    },
    onReject: ({ message }) => responses.put(message),
  }, { body });
  return responses.next();
}
