/**
 * A call that is up, and what its far end does in it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ResponseOptions, Session } from "@strowger/sip";
import { Exchange, type ExchangeOptions, type InviteOptions } from "./exchange.ts";
import type { RequestScript, ResponseScript, ScriptedPeer } from "./scripted_peer.ts";

/** See the module. The CSeq of the far end counts on by itself. */
export class Call {
  readonly x: Exchange;
  readonly peer: ScriptedPeer;
  readonly session: Session;
  readonly callId: string;
  /** The tag of this side. */
  readonly tag: string;
  private cseq = 1;
  private last = { cseq: 1, branch: "" };

  private constructor(x: Exchange, session: Session) {
    this.x = x;
    this.peer = x.peer;
    this.session = session;
    this.callId = session.callId;
    this.tag = session.localTag;
    x.takeEvents();
  }

  /** A call of this side, which the far end has answered. */
  static out(
    invite?: InviteOptions,
    answer?: ResponseScript,
    options?: ExchangeOptions,
  ): Call {
    const x = new Exchange(options);
    x.invite(x.recorder(), invite);
    x.peer.respond(x.peer.request("INVITE"), 200, answer);
    return new Call(x, x.lastSession());
  }

  /** A call of the far end, which this side has answered and the far end has acknowledged. */
  static in(
    invite?: RequestScript,
    answer?: ResponseOptions,
    options?: ExchangeOptions,
  ): Call {
    const x = new Exchange(options);
    let session: Session | undefined;
    x.takeInvites((request) => {
      session = request.accept(answer).session;
    });
    x.peer.ask("INVITE", invite);
    x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
    x.core.delegate = {};
    if (session === undefined) throw new Error("no session");
    return new Call(x, session);
  }

  /** The far end asks. */
  ask(method: string, script: RequestScript = {}): void {
    this.cseq++;
    const { callId, tag, cseq } = this;
    const branch = script.branch ?? `z9hG4bKcall${cseq}`;
    if (method === "INVITE") this.last = { cseq, branch };
    this.peer.ask(method, { callId, toTag: tag, cseq, ...script, branch });
  }

  /** The far end's ACK to the last response to its INVITE. */
  ack(script: RequestScript = {}): void {
    const { callId, tag, last } = this;
    const isAccept = this.peer.response("INVITE").statusCode < 300;
    const branch = isAccept ? `${last.branch}ack` : last.branch;
    this.peer.ask("ACK", { callId, toTag: tag, cseq: last.cseq, branch, ...script });
  }

  /** The far end's CANCEL of its INVITE. */
  cancel(): void {
    const { callId, tag, last } = this;
    this.peer.ask("CANCEL", { callId, toTag: tag, ...last });
  }

  /** Answers the last request of a method. */
  respond(method: string, status: number, script?: ResponseScript): void {
    this.peer.respond(this.peer.request(method), status, script);
  }

  /** Asserts what has happened since this was last called. */
  saw(...events: string[]): void {
    assertEquals(this.x.takeEvents(), events);
  }

  /** Lets time pass, in milliseconds. */
  pass(time: number): void {
    this.x.clock.advance(time);
  }

  /** What the session says of itself. */
  get states(): string {
    const { sessionState, signalingState, offer, answer } = this.session;
    return `${sessionState} ${signalingState} ${offer?.content ?? "-"} ${answer?.content ?? "-"}`;
  }

  /** The far end hangs up; asserts that the call was up until then, and that nothing is left. */
  end(...reported: string[]): void {
    assertEquals(this.session.sessionState, "Confirmed");
    this.x.takeEvents();
    this.ask("BYE");
    assertEquals(this.x.events.includes("200 BYE"), true);
    this.x.finish(...reported);
  }

  /** Answers the BYE that this side has sent, and asserts that nothing is left. */
  ended(...reported: string[]): void {
    assertEquals(this.peer.requests("BYE").length, 1);
    this.respond("BYE", 200);
    this.x.finish(...reported);
  }
}
