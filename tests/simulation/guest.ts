/**
 * What both sides of a simulated call have in common: callbacks that are written down, and that may
 * fail.
 *
 * @module
 */
import type { Body, UserAgentCore } from "@strowger/sip";
import type { VirtualClock } from "../support/virtual_clock.ts";
import type { Manners, Moment } from "./plan.ts";

/** What the sides of a call play on. */
export interface Stage {
  readonly clock: VirtualClock;
  /** Writes a line into the trace. */
  note(engine: 0 | 1, line: string): void;
  /** Writes down that something happened that must not. */
  violation(text: string): void;
  core(engine: 0 | 1): UserAgentCore;
  /** Whether an engine was stopped or disposed of. */
  hasEnded(engine: 0 | 1): boolean;
}

/** A callback that was called. */
export interface Told {
  readonly name: string;
  readonly status?: number;
  readonly local?: boolean;
  readonly toTag?: string | undefined;
  /** The number of a reliable response. */
  readonly rseq?: number | undefined;
}

/** What a callback fails with when its plan says so. */
export class ScriptedFailure extends Error {}

/** A body that is an offer, or the answer to one. */
export function description(whose: string): Body {
  return {
    contentDisposition: "session",
    contentType: "application/sdp",
    content: `v=0\r\no=${whose} 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n`,
  };
}

/** One side of a call. */
export abstract class Guest {
  /** The callbacks that were called, in order. */
  readonly told: Told[] = [];
  /** How many of them failed. */
  failures = 0;
  protected readonly stage: Stage;
  readonly engine: 0 | 1;
  protected readonly name: string;
  private readonly manners: Manners;

  constructor(stage: Stage, engine: 0 | 1, name: string, manners: Manners) {
    this.stage = stage;
    this.engine = engine;
    this.name = name;
    this.manners = manners;
  }

  /** Whether a callback of this name was called. */
  heard(name: string): boolean {
    return this.told.some((each) => each.name === name);
  }

  /** The body of every callback: writes it down, acts, and fails if its manners are bad. */
  protected take(told: Told, act: () => void): void | Promise<void> {
    this.told.push(told);
    const status = told.status === undefined ? "" : ` ${told.status}`;
    this.note(`${told.name}${status}${told.local === true ? " local" : ""}`);
    if (this.manners !== "throwing at once") act();
    if (this.manners === "good") return;
    this.failures++;
    const failure = new ScriptedFailure(`${this.name} ${told.name}`);
    if (this.manners === "rejecting") return Promise.reject(failure);
    throw failure;
  }

  /** Does something at its moment. */
  protected at(moment: Moment, act: () => void): void {
    if (moment === "inside") act();
    else this.stage.clock.setTimeout(act, moment);
  }

  protected note(line: string): void {
    this.stage.note(this.engine, `${this.name} ${line}`);
  }

  protected violation(text: string): void {
    this.stage.violation(`${this.name}: ${text}`);
  }
}
