/**
 * What the two sides of a call are going to do, and when. A plan is drawn before the call begins and
 * keeps to no protocol: users do what they like.
 *
 * @module
 */
import type { Prng } from "./prng.ts";

/** A moment in a call: inside the callback that it is counted from, or milliseconds later. */
export type Moment = "inside" | number;

/** How a side's callbacks behave: what a bad one was to do, it has done before it fails, or not. */
export type Manners = "good" | "throwing" | "throwing at once" | "rejecting";

/** The callbacks of an INVITE. */
export type CallerCallback = "onTrying" | "onProgress" | "onAccept" | "onRedirect" | "onReject";

/** What the caller does. */
export interface CallerPlan {
  /** Whether the INVITE has an offer; else the 2xx has one, and the ACK the answer. */
  readonly offers: boolean;
  /** How its callbacks are there: at once, after a while, never. */
  readonly delegate: "present" | "late" | "absent";
  readonly manners: Manners;
  /** When it calls `ack()`, counted from `onAccept`. */
  readonly acknowledge: Moment | "never";
  /** When it cancels, counted from the INVITE. */
  readonly cancels: readonly number[];
  /** In which callback it cancels. */
  readonly cancelsInside: CallerCallback | undefined;
  /** When it disposes of the request, counted from the INVITE. */
  readonly disposes: number | undefined;
  /** In which callback it disposes of the request. */
  readonly disposesInside: CallerCallback | undefined;
  /** When it hangs up, counted from `onAccept`. */
  readonly talks: Moment;
  /** Whether its INVITE requires 100rel (RFC 3262). */
  readonly requiresReliable: boolean;
  /** When it calls `prack()`, counted from the `onProgress` of a reliable response. */
  readonly pracks: Moment | "never";
  /** Whether it makes another offer in a PRACK, where it may. */
  readonly offersAgain: boolean;
  /** Whether it hangs up an early session, inside the first `onProgress` that has one. */
  readonly leavesEarly: boolean;
  /** When it disposes of the session, counted from `onAccept`. */
  readonly disposesSession: Moment | undefined;
  /** When it cancels a call that has still no outcome. */
  readonly patience: number;
}

/** What the callee does; all of it counted from `onInvite`. */
export interface CalleePlan {
  readonly manners: Manners;
  /** When it says that it rings. */
  readonly rings: readonly Moment[];
  /** Whether it says so reliably (RFC 3262), and with a session description. */
  readonly ringsReliably: boolean;
  readonly describesEarly: boolean;
  /** When it answers the offer of a PRACK, counted from its coming. */
  readonly answersPrack: Moment | "never";
  /** What it answers in the end, if it answers. */
  readonly answer: "accept" | "reject" | "redirect" | "none";
  readonly answersAt: Moment;
  /** When it hangs up, counted from its 2xx. */
  readonly talks: Moment;
  /** When it disposes of the session, counted from its 2xx. */
  readonly disposesSession: Moment | undefined;
  /** Whether it disposes of the session while it rings, and still answers. */
  readonly disposesEarly: boolean;
  /** Whether its session has callbacks. */
  readonly listens: boolean;
  /** When it refuses a call that nobody has answered or cancelled. */
  readonly patience: number;
}

/** One call. */
export interface CallPlan {
  readonly id: number;
  /** Which engine calls the other. */
  readonly from: 0 | 1;
  /** When. */
  readonly at: number;
  readonly caller: CallerPlan;
  readonly callee: CalleePlan;
}

/** What one engine does in the midst of everything, if anything. */
export interface EndPlan {
  readonly how: "stop" | "dispose";
  readonly engine: 0 | 1;
  readonly at: number;
  readonly deadline: number;
}

const CALLBACKS = ["onTrying", "onProgress", "onAccept", "onRedirect", "onReject"] as const;

function moment(prng: Prng, longest: number): Moment {
  return prng.chance(0.2) ? "inside" : prng.delay(longest);
}

function manners(prng: Prng): Manners {
  return prng.chance(0.9) ? "good" : prng.pick(["throwing", "throwing at once", "rejecting"]);
}

/** @param more Draws what came later, so that the seeds still play what they always did. */
function drawCaller(prng: Prng, more: Prng): CallerPlan {
  const maybe = <T>(probability: number, draw: () => T): T | undefined =>
    prng.chance(probability) ? draw() : undefined;
  return {
    offers: prng.chance(0.7),
    delegate: prng.chance(0.85) ? "present" : prng.pick(["late", "absent"]),
    manners: manners(prng),
    acknowledge: prng.chance(0.08) ? "never" : prng.chance(0.7) ? "inside" : moment(prng, 10_000),
    cancels: Array.from(
      { length: prng.chance(0.3) ? prng.integer(1, 3) : 0 },
      () => prng.delay(40_000),
    ),
    cancelsInside: maybe(0.1, () => prng.pick(CALLBACKS)),
    disposes: maybe(0.1, () => prng.delay(40_000)),
    disposesInside: maybe(0.05, () => prng.pick(CALLBACKS)),
    talks: moment(prng, 60_000),
    requiresReliable: more.chance(0.2),
    pracks: more.chance(0.3) ? "never" : more.chance(0.6) ? "inside" : moment(more, 12_000),
    offersAgain: more.chance(0.5),
    leavesEarly: prng.chance(0.05),
    disposesSession: maybe(0.05, () => moment(prng, 40_000)),
    patience: 60_000 + prng.integer(0, 60_000),
  };
}

function drawCallee(prng: Prng, more: Prng): CalleePlan {
  return {
    manners: manners(prng),
    rings: Array.from({ length: prng.integer(0, 3) }, () => moment(prng, 5_000)),
    ringsReliably: more.chance(0.5),
    describesEarly: more.chance(0.5),
    answersPrack: more.chance(0.2) ? "never" : moment(more, 20_000),
    answer: prng.chance(0.7) ? "accept" : prng.pick(["reject", "reject", "redirect", "none"]),
    answersAt: moment(prng, 20_000),
    talks: moment(prng, 60_000),
    disposesSession: prng.chance(0.05) ? moment(prng, 40_000) : undefined,
    disposesEarly: prng.chance(0.03),
    listens: prng.chance(0.9),
    patience: 120_000 + prng.integer(0, 30_000),
  };
}

/** Draws some calls, in both directions, some of them at the same instant. */
export function drawCalls(prng: Prng, more: Prng): CallPlan[] {
  const count = prng.integer(1, 5);
  const together = prng.chance(0.3);
  return Array.from({ length: count }, (_, id) => ({
    id,
    from: prng.pick<0 | 1>([0, 1]),
    at: together ? 0 : prng.delay(10_000),
    caller: drawCaller(prng, more),
    callee: drawCallee(prng, more),
  }));
}

/** Draws whether an engine ends while calls are up. */
export function drawEnd(prng: Prng): EndPlan | undefined {
  if (!prng.chance(0.2)) return undefined;
  return {
    how: prng.pick(["stop", "stop", "dispose"]),
    engine: prng.pick<0 | 1>([0, 1]),
    at: prng.delay(60_000),
    deadline: prng.pick([1000, 5000, 60_000]),
  };
}
