/**
 * Plays a recording from its beginning to any place: step by step, at a speed, or at once.
 *
 * @module
 */
import { type Clock, systemClock } from "../../transports/clock.ts";
import type { Entry } from "../entry.ts";
import { merged } from "../flights.ts";
import { type RecordedCall, Recording } from "../recording.ts";

/** Where a {@linkcode Player} is. */
export interface Position {
  /** How many entries have been played, and how many there are. */
  readonly at: number;
  readonly entries: number;
  /** The time of the recording, from its begin to its end, in milliseconds since 1970. */
  readonly time: number;
  readonly begin: number;
  readonly end: number;
  readonly isPlaying: boolean;
  /** 1 as it was, 2 twice as fast. */
  readonly speed: number;
}

/** What can be asked of a {@linkcode Player}. */
export interface PlayerRequest {
  readonly play?: boolean;
  readonly speed?: number;
  /** A time between begin and end. */
  readonly time?: number;
  /** So many entries on, or back. */
  readonly step?: number;
}

/** So often the time goes on while it plays, in milliseconds. */
const TICK = 50;
/** Fast enough for everything, slow enough to look at. */
const SPEEDS = { least: 0.01, most: 1_000 };

/** See the module. */
export class Player {
  /** What has been played so far. */
  readonly recording: Recording;
  readonly #entries: readonly Entry[];
  readonly #clock: Clock;
  readonly #begin: number;
  readonly #end: number;
  #at = 0;
  #time: number;
  #speed = 1;
  #timer: unknown;
  /** Called when the recording has been cleared, since it was wound back. */
  onRewind: () => void = () => {};
  /** Called when the position is another one. */
  onMove: () => void = () => {};

  /** Begins at the beginning, and stands still. */
  constructor(calls: Iterable<RecordedCall>, clock: Clock = systemClock) {
    const list = [...calls];
    this.#entries = merged(list);
    this.#clock = clock;
    // Nothing is to be dropped that was kept once.
    const most = Math.max(...list.map(({ entries }) => entries.length), 1);
    this.recording = new Recording({
      maxCalls: Math.max(list.length, 1),
      maxEntries: most,
      maxOctets: Number.MAX_SAFE_INTEGER,
    });
    this.#begin = this.#entries[0]?.time ?? 0;
    this.#end = this.#entries.at(-1)?.time ?? 0;
    this.#time = this.#begin;
  }

  /** Where it is. */
  get position(): Position {
    return {
      at: this.#at,
      entries: this.#entries.length,
      time: this.#time,
      begin: this.#begin,
      end: this.#end,
      isPlaying: this.#timer !== undefined,
      speed: this.#speed,
    };
  }

  /** Does what is asked, as far as it makes sense. */
  request({ play, speed, time, step }: PlayerRequest): void {
    if (speed !== undefined && speed >= SPEEDS.least && speed <= SPEEDS.most) this.#speed = speed;
    if (time !== undefined && Number.isFinite(time)) this.#seek(time);
    if (step !== undefined && Number.isSafeInteger(step)) this.#step(step);
    if (play === true && this.#timer === undefined) this.#play();
    if (play === false) this.stop();
    this.onMove();
  }

  /** Stands still. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #play(): void {
    if (this.#at === this.#entries.length) this.#seek(this.#begin);
    const tick = (): void => {
      this.#seek(this.#time + TICK * this.#speed);
      this.#timer = this.#at < this.#entries.length
        ? this.#clock.setTimeout(tick, TICK)
        : undefined;
      this.onMove();
    };
    this.#timer = this.#clock.setTimeout(tick, TICK);
  }

  #seek(time: number): void {
    this.#time = Math.min(Math.max(time, this.#begin), this.#end);
    const next = this.#entries.findIndex((entry) => entry.time > this.#time);
    this.#goTo(next < 0 ? this.#entries.length : next);
  }

  #step(step: number): void {
    this.stop();
    this.#goTo(Math.min(Math.max(this.#at + step, 0), this.#entries.length));
    this.#time = this.#entries[this.#at - 1]?.time ?? this.#begin;
  }

  #goTo(at: number): void {
    if (at < this.#at) {
      this.recording.clear();
      this.#at = 0;
      this.onRewind();
    }
    for (const entry of this.#entries.slice(this.#at, at)) this.recording.add(entry);
    this.#at = at;
  }
}
