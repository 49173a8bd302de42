/**
 * A call that comes in, and is answered without media.
 *
 * @module
 */
import type { IncomingInviteRequest, Session } from "@strowger/sip";
import { say } from "./program.ts";
import { inactiveAnswer, inactiveOffer } from "./sdp.ts";

/** What becomes of a call; times in milliseconds. */
export interface CallOptions {
  /** How long it rings. */
  readonly ringFor?: number | undefined;
  /** With which status code it is refused. */
  readonly reject?: number | undefined;
  /** How long it is up. */
  readonly hangUpAfter?: number | undefined;
}

const RING_FOR = 1000;

/** One incoming call. */
export class Call {
  private readonly request: IncomingInviteRequest;
  private readonly options: CallOptions;
  private readonly name: string;

  constructor(request: IncomingInviteRequest, number: number, options: CallOptions) {
    this.request = request;
    this.options = options;
    this.name = `call ${number}`;
    request.delegate = {
      onCancel: () => this.tell("the caller gave up"),
      onTransportError: (error) => this.tell(error.message),
    };
  }

  /** Lets it ring, and then answers or refuses. `host` is what a session description names. */
  take(host: string): void {
    const { reject, ringFor = reject === undefined ? RING_FOR : 0 } = this.options;
    this.tell(`from ${this.request.message.from.friendlyName}`);
    if (reject !== undefined && ringFor === 0) return this.reject(reject);
    const { session } = this.request.progress();
    this.tell("ringing");
    setTimeout(() => {
      // Whatever ends the INVITE first, a CANCEL say, ends its session.
      if (session.sessionState === "Terminated") return;
      if (reject === undefined) this.accept(session, host);
      else this.reject(reject);
    }, ringFor);
  }

  private accept(session: Session, host: string): void {
    const { message } = this.request;
    const body = message.body === "" ? inactiveOffer(host) : inactiveAnswer(message.body, host);
    // RFC 3261 §13.3.1.3: a 488 is for an offer with nothing in it that could be taken.
    if (body === undefined) return this.reject(488);
    session.delegate = {
      onAck: () => this.confirmed(session),
      onAckTimeout: () => this.tell("hanging up: the caller does not acknowledge the answer"),
      onBye: () => this.tell("the caller hung up"),
    };
    this.request.accept({ statusCode: 200, body });
    this.tell("answered");
  }

  private confirmed(session: Session): void {
    this.tell("up; no media is sent");
    const { hangUpAfter } = this.options;
    if (hangUpAfter !== undefined) setTimeout(() => this.hangUp(session), hangUpAfter);
  }

  private hangUp(session: Session): void {
    if (session.sessionState !== "Confirmed") return;
    this.tell("hanging up");
    session.bye({
      onAccept: () => this.tell("over"),
      onReject: ({ message }) => this.tell(`over: ${message.statusCode} ${message.reasonPhrase}`),
    });
  }

  private reject(statusCode: number): void {
    this.request.reject({ statusCode });
    this.tell(`refused with ${statusCode}`);
  }

  private tell(what: string): void {
    say(`${this.name}: ${what}`);
  }
}
