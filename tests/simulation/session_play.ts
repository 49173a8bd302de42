/**
 * One call between two engines over a bad network, in which both sides do what they like, at the same
 * time if it happens so: re-INVITE with and without an offer, UPDATE, INFO, CANCEL, BYE. All of it is
 * drawn from one seed.
 *
 * @module
 */
import {
  type IncomingInviteRequest,
  InvalidStateError,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequest,
  type RequestOptions,
  type Session,
  type StrowgerError,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { nameOf, readMessage, type WireMessage } from "../flows/wire.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { description } from "./guest.ts";
import { drawImpairment, impairedNetwork, type Impairment } from "./impairment.ts";
import { Prng } from "./prng.ts";

/** Who they are; the index is the engine's number. */
const SIDES = ["caller", "callee"] as const;
/** How long they do what they like, in milliseconds; it is less than a session lasts. */
const ACTIVE = 60_000;
/** After that, longer than anything takes. */
const QUIET = 200_000;

/** A message at an engine. */
export interface SessionWireEntry {
  readonly at: number;
  readonly side: 0 | 1;
  readonly direction: "in" | "out";
  readonly message: WireMessage;
}

/** A request that a program has sent, and what it was told of it. */
export interface Asked {
  readonly side: 0 | 1;
  readonly method: string;
  readonly told: string[];
  isForgotten: boolean;
}

/** See the module. */
export class SessionPlay {
  readonly clock: VirtualClock = new VirtualClock();
  readonly impairment: Impairment;
  readonly wire: SessionWireEntry[] = [];
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  readonly reports: StrowgerError[] = [];
  readonly asked: Asked[] = [];
  /** What happened, so that the seeds are known to say something. */
  readonly seen: Set<string> = new Set();
  readonly sessions: [Session | undefined, Session | undefined] = [undefined, undefined];
  readonly hasLeft: Set<0 | 1> = new Set();
  /** Who has disposed of the session, or stopped the engine. */
  readonly isGone: Set<0 | 1> = new Set();
  /** What both sides held when nothing was going on any more, and nobody had hung up. */
  agreement: readonly string[] = [];
  private readonly prng: Prng;
  private readonly cores: [UserAgentCore, UserAgentCore];
  private descriptions = 0;
  private readonly stopped: Promise<void>[] = [];

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.impairment = drawImpairment(this.prng);
    const { protocol } = this.impairment;
    const network = impairedNetwork(
      this.impairment,
      this.clock,
      this.prng.fork(),
      ({ bytes }) => this.note(`lost ${readMessage(bytes).startLine}`),
    );
    const core = (side: 0 | 1): UserAgentCore => {
      const random = this.prng.fork();
      const local = { host: `${SIDES[side]}.example`, port: 5060 };
      return new UserAgentCore({
        transports: [network.transport(local, { protocol })],
        clock: this.clock,
        random: (octets) => random.fill(octets),
        ...this.prng.chance(0.3) ? { sessionExpires: 90 } : {},
        onError: (error) => {
          this.note(`${SIDES[side]} onError ${error.name}: ${error.message}`);
          this.reports.push(error);
        },
        trace: ({ direction, bytes }) => this.record(side, direction, readMessage(bytes)),
      });
    };
    this.cores = [core(0), core(1)];
  }

  /** Plays it to its end. */
  async run(): Promise<this> {
    try {
      this.note(JSON.stringify(this.impairment));
      this.call();
      this.clock.advance(10_000 + ACTIVE + QUIET);
      this.compare();
      for (const side of [0, 1] as const) {
        if (this.prng.chance(0.7)) this.attempt(side, "bye", () => this.bye(side));
      }
      this.clock.advance(QUIET);
      const stopped = this.cores.map((core) => core.stop());
      this.clock.advance(QUIET);
      await Promise.all([...stopped, ...this.stopped]);
      this.checkEmpty();
    } catch (error) {
      this.violation(`threw ${error instanceof Error ? error.stack : error}`);
    }
    return this;
  }

  /** Writes down what must not happen. */
  violation(text: string): void {
    this.violations.push(text);
    this.note(`VIOLATION ${text}`);
  }

  private call(): void {
    const [caller, callee] = this.cores;
    callee.delegate.onInvite = (request) => this.answerFirst(request);
    const [from, to] = [URI.parse("sip:a@caller.example"), URI.parse("sip:b@callee.example")];
    const body = this.prng.chance(0.8) ? this.describe(0) : undefined;
    const message = caller.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [], body);
    caller.invite(message, {
      onProgress: (response) => {
        const { session } = response;
        if (session === undefined) return;
        this.hold(0, session);
        if (response.message.hasHeader("RSeq")) response.prack(this.answerOf(0, session));
      },
      onAccept: (response) => {
        this.hold(0, response.session);
        response.ack(this.answerOf(0, response.session));
        this.act(0);
      },
    });
  }

  private answerFirst(request: IncomingInviteRequest): void {
    if (this.prng.chance(0.3)) {
      const isReliable = this.prng.chance(0.5);
      const { session } = request.progress(
        isReliable
          ? { statusCode: 183, extraHeaders: ["Require: 100rel"], body: this.describe(1) }
          : undefined,
      );
      this.hold(1, session);
    }
    this.later(3000, () => {
      const { session } = request.accept({ statusCode: 200, body: this.describe(1) });
      this.hold(1, session);
      this.act(1);
    });
  }

  /** Draws what a side does from now on. */
  private act(side: 0 | 1): void {
    const { prng } = this;
    for (let i = prng.integer(0, 5); i > 0; i--) {
      const [name, act] = prng.pick(
        [
          ["invite", () => this.reinvite(side)],
          ["invite", () => this.reinvite(side)],
          ["update", () => this.update(side)],
          ["info", () => this.info(side)],
          ["refer", () => this.refer(side)],
        ] as const,
      );
      // At the same instants on both sides, or within milliseconds: there the races are.
      const base = prng.pick([0, 0, 1000, 5000, 20_000, 40_000]);
      this.later(300, () => this.attempt(side, name, act), base);
    }
    if (prng.chance(0.06)) {
      this.later(5000, () => this.go(side), prng.pick([0, 0, 1000, 5000, 20_000]));
    }
    if (prng.chance(0.15)) {
      this.later(ACTIVE, () => this.attempt(side, "bye", () => this.bye(side)));
    }
  }

  /** Goes without saying so to whoever waits for its requests. */
  private go(side: 0 | 1): void {
    this.isGone.add(side);
    for (const asked of this.asked) if (asked.side === side) asked.isForgotten = true;
    if (this.prng.chance(0.5)) {
      this.note(`${SIDES[side]} session.dispose()`);
      this.seen.add("session.dispose()");
      this.need(side).dispose();
    } else {
      this.note(`${SIDES[side]} core.stop()`);
      this.seen.add("core.stop()");
      this.stopped.push(this.cores[side].stop({ deadline: this.prng.pick([0, 1000, 40_000]) }));
    }
  }

  private reinvite(side: 0 | 1): void {
    const { session, prng } = { session: this.need(side), prng: this.prng };
    const asked = this.ask(side, "INVITE");
    const offers = prng.chance(0.7);
    const acknowledges = prng.pick(["inside", "inside", "inside", "later", "never"]);
    const delegate: OutgoingInviteRequestDelegate = {
      onProgress: (response) => {
        const { message } = response;
        this.note(`${SIDES[side]} onProgress ${message.statusCode}`);
        if (!message.hasHeader("RSeq")) return;
        this.seen.add("a reliable response in a session");
        const prack = (): unknown => response.prack(this.answerOf(side, session));
        if (prng.chance(0.7)) prack();
        else this.later(3000, () => this.attempt(side, "prack", prack));
      },
      onAccept: (response) => {
        this.outcome(asked, "onAccept", response.message.statusCode);
        const ack = (): void => void response.ack(this.answerOf(side, session));
        if (acknowledges === "inside") ack();
        else if (acknowledges === "later") {
          this.later(3000, () => {
            // It may be over by then.
            if (session.sessionState === "Confirmed") ack();
          });
        }
      },
      onRedirect: ({ message }) => this.outcome(asked, "onRedirect", message.statusCode),
      onReject: ({ message }) => this.outcome(asked, "onReject", message.statusCode, message.local),
    };
    const request = session.invite(delegate, offers ? { body: this.describe(side) } : {});
    this.mayGiveUp(side, asked, request);
  }

  private update(side: 0 | 1): void {
    const asked = this.ask(side, "UPDATE");
    const options = this.prng.chance(0.7) ? { body: this.describe(side) } : {};
    const request = this.need(side).update(this.delegateOf(asked), options);
    if (this.prng.chance(0.05)) this.mayDispose(side, asked, request);
  }

  private info(side: 0 | 1): void {
    const asked = this.ask(side, "INFO");
    this.need(side).info(this.delegateOf(asked));
  }

  private refer(side: 0 | 1): void {
    const asked = this.ask(side, "REFER");
    this.need(side).refer(this.delegateOf(asked), {
      extraHeaders: ["Refer-To: <sip:carol@carol.example>"],
    });
  }

  private bye(side: 0 | 1): void {
    const session = this.need(side);
    this.hasLeft.add(side);
    const asked = this.ask(side, "BYE");
    session.bye(this.delegateOf(asked));
  }

  private mayGiveUp(side: 0 | 1, asked: Asked, request: OutgoingRequest): void {
    if (this.prng.chance(0.2)) {
      this.later(4000, () => {
        this.note(`${SIDES[side]} cancel()`);
        this.seen.add("cancel()");
        request.cancel();
      });
    } else if (this.prng.chance(0.05)) this.mayDispose(side, asked, request);
  }

  private mayDispose(side: 0 | 1, asked: Asked, request: OutgoingRequest): void {
    this.later(4000, () => {
      this.note(`${SIDES[side]} dispose() of ${asked.method}`);
      this.seen.add("dispose()");
      asked.isForgotten = true;
      request.dispose();
    });
  }

  private ask(side: 0 | 1, method: string): Asked {
    const asked = { side, method, told: [], isForgotten: this.isGone.has(side) };
    this.asked.push(asked);
    return asked;
  }

  private delegateOf(asked: Asked) {
    return {
      onAccept: ({ message }: { message: { statusCode: number } }) =>
        this.outcome(asked, "onAccept", message.statusCode),
      onReject: ({ message }: { message: { statusCode: number; local: boolean } }) =>
        this.outcome(asked, "onReject", message.statusCode, message.local),
    };
  }

  private outcome(asked: Asked, name: string, status: number, isLocal = false): void {
    const text = `${asked.method} ${name} ${status}${isLocal ? " local" : ""}`;
    this.note(`${SIDES[asked.side]} ${text}`);
    this.seen.add(text);
    // A core that is being stopped still tells.
    if (asked.isForgotten && !this.isGone.has(asked.side)) {
      this.violation(`told after dispose(): ${text}`);
    }
    asked.told.push(text);
  }

  private hold(side: 0 | 1, session: Session): void {
    this.sessions[side] = session;
    session.delegate ??= {
      onAckTimeout: () => this.seen.add("onAckTimeout"),
      onExpire: () => this.seen.add("onExpire"),
      onPrackTimeout: () => this.seen.add("onPrackTimeout"),
      onBye: () => this.note(`${SIDES[side]} onBye`),
      onInfo: (request) => void request.accept(),
      onRefer: (request) => {
        const { notifier } = request.accept();
        this.later(20_000, () => this.attempt(side, "report", () => notifier?.report(200)));
      },
      onInvite: (request) => this.answerAgain(side, session, request),
      onUpdate: (request) => {
        if (this.prng.chance(0.2)) return void request.reject({ statusCode: 488 });
        const offers = request.message.body !== "";
        request.accept({ statusCode: 200, ...offers ? { body: this.describe(side) } : {} });
      },
    };
  }

  private answerAgain(side: 0 | 1, session: Session, request: IncomingInviteRequest): void {
    this.note(`${SIDES[side]} onInvite`);
    let isOver = false;
    let hasAnswered = false;
    request.delegate = {
      onCancel: () => {
        isOver = true;
      },
    };
    const answer = (): void => {
      if (isOver || session.sessionState === "Terminated") return;
      this.attempt(side, "answer", () => {
        // RFC 6141 §3.3: what was agreed on in a reliable response is not to be refused any more.
        if (!hasAnswered && this.prng.chance(0.2)) return request.reject({ statusCode: 488 });
        return request.accept({ statusCode: 200, body: this.describe(side) });
      });
    };
    if (this.prng.chance(0.1)) request.progress({ statusCode: 183 });
    else if (this.prng.chance(0.2)) hasAnswered = this.answerReliably(side, request);
    if (this.prng.chance(0.6)) answer();
    else this.later(5000, answer);
  }

  /** Says whether it described the session. */
  private answerReliably(side: 0 | 1, request: IncomingInviteRequest): boolean {
    const describes = this.prng.chance(0.7);
    const body = describes ? { body: this.describe(side) } : {};
    request.progress({ statusCode: 183, extraHeaders: ["Require: 100rel"], ...body });
    return describes;
  }

  /** The answer, where there is an offer. */
  private answerOf(side: 0 | 1, { signalingState }: Session): RequestOptions {
    return signalingState === "HaveRemoteOffer" ? { body: this.describe(side) } : {};
  }

  /** Each description is another one, so that it can be told who knows of which. */
  private describe(side: 0 | 1) {
    return description(`${SIDES[side]}${++this.descriptions}`);
  }

  private need(side: 0 | 1): Session {
    const session = this.sessions[side];
    if (session === undefined) throw new InvalidStateError("there is no session yet");
    return session;
  }

  private later(longest: number, run: () => void, base = 0): void {
    this.clock.setTimeout(run, base + this.prng.delay(longest));
  }

  /** What may not be done now is refused at the call, and that is all. */
  private attempt(side: 0 | 1, name: string, run: () => unknown): void {
    const count = this.asked.length;
    this.note(`${SIDES[side]} ${name}()`);
    try {
      run();
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      this.note(`${SIDES[side]} ${name}() refused: ${error.message}`);
      this.seen.add(`${name}() refused`);
      this.asked.length = count;
    }
  }

  private compare(): void {
    const [caller, callee] = this.sessions;
    if (caller === undefined || callee === undefined) return;
    if (this.hasLeft.size > 0 || this.isGone.size > 0) return;
    // Whoever got a provisional response to an INVITE waits, and no timer ends that.
    if (this.asked.some(({ told, isForgotten }) => told.length === 0 && !isForgotten)) return;
    const up = this.sessions.map((each) => each?.sessionState);
    this.note(`sessions ${up}, ${caller.signalingState}, ${callee.signalingState}`);
    if (up.some((state) => state !== "Confirmed")) return;
    this.seen.add("both up");
    const say = ({ signalingState, offer, answer }: Session): string =>
      `${signalingState} ${offer?.content.slice(5, 20)} ${answer?.content.slice(5, 20)}`;
    this.agreement = [say(caller), say(callee)];
  }

  private checkEmpty(): void {
    for (const [i, core] of this.cores.entries()) {
      const { entries } = core.live;
      if (entries > 0) this.violation(`${SIDES[i]}: ${entries} entries after stop()`);
    }
    if (this.clock.pending > 0) this.violation(`${this.clock.pending} timers after stop()`);
  }

  private record(side: 0 | 1, direction: "in" | "out", message: WireMessage): void {
    this.wire.push({ at: this.clock.now(), side, direction, message });
    const way = direction === "in" ? "<-" : "->";
    const body = message.body.length > 0 ? " sdp" : "";
    const state = this.sessions[side]?.signalingState ?? "-";
    this.note(`${SIDES[side]} ${way} ${nameOf(message)} ${message.cseq}${body} (${state})`);
  }

  private note(line: string): void {
    this.trace.push(`${this.clock.now()} ${line}`);
  }
}
