/**
 * Timers by the hundred thousand, on one of the runtime's.
 *
 * @module
 */
import { type Clock, systemClock } from "./clock.ts";

/**
 * How exact its timers are, in milliseconds: they are late by so much at most, and never early. The
 * shortest that SIP counts in is T1, 500 by default.
 */
const TICK_MS = 10;

/** The longest that runtimes count right; what is due later is looked at again then. */
const MAX_DELAY = 2_147_483_647;

/** One timer of a {@linkcode TimerWheel}, as `setTimeout` returns it. */
export interface WheelTimer {
  /** When it is due. */
  readonly tick: number;
  /** What it runs. */
  readonly run: () => void;
}

/**
 * A clock whose timers cost a tenth of the runtime's: a call arms some ten, most of which are
 * disarmed or run out when nobody cares any more. Timers that are due at about the same time are
 * kept together, and the runtime is asked to wait for the first of them only.
 *
 * A core makes one for itself unless it is given a clock: one for all cores would have its timer in
 * the request of an edge runtime in which it was armed, and lose it with that.
 */
export class TimerWheel implements Clock {
  readonly #runtime: Clock;
  /** The timers, by the tick at which they are due. */
  readonly #slots: Map<number, Set<WheelTimer>> = new Map();
  /** The ticks that have a slot: the first is the earliest. */
  readonly #ticks: Heap = new Heap();
  #armed = 0;
  /** The last tick that was run: what is armed meanwhile is later. */
  #turned = -Infinity;
  #isTurning = false;
  /** The runtime's timer, and the tick that it waits for. */
  #waiting: { readonly tick: number; readonly handle: unknown } | undefined;

  /** @param runtime What waits. Default: the runtime's own timers. */
  constructor(runtime: Clock = systemClock) {
    this.#runtime = runtime;
  }

  /** Milliseconds since some moment. */
  now(): number {
    return this.#runtime.now?.() ?? performance.now();
  }

  /** Runs `run` after so many milliseconds, or up to 10 later. */
  setTimeout(run: () => void, ms: number): WheelTimer {
    const due = Math.ceil((this.now() + (ms > 0 ? ms : 0)) / TICK_MS);
    const tick = Math.max(due, this.#turned + 1);
    const timer = { tick, run };
    this.#armed++;
    const slot = this.#slots.get(tick);
    if (slot === undefined) this.#addSlot(tick, timer);
    else slot.add(timer);
    return timer;
  }

  /** Disarms a timer; one that has run is ignored. */
  clearTimeout(timer: WheelTimer | undefined): void {
    if (timer === undefined || !this.#slots.get(timer.tick)?.delete(timer)) return;
    // With nothing to wait for, nothing may keep the process up.
    if (--this.#armed === 0 && !this.#isTurning) this.#rest();
  }

  #addSlot(tick: number, timer: WheelTimer): void {
    this.#slots.set(tick, new Set([timer]));
    this.#ticks.push(tick);
    if (!this.#isTurning) this.#wait(tick);
  }

  #isWaitingFor(tick: number): boolean {
    return this.#waiting !== undefined && this.#waiting.tick <= tick;
  }

  /** Waits for a tick, unless it does for an earlier one. */
  #wait(tick: number): void {
    if (this.#isWaitingFor(tick)) return;
    const ms = Math.min(Math.max(0, tick * TICK_MS - this.now()), MAX_DELAY);
    const handle = this.#runtime.setTimeout(() => this.#turn(), ms);
    // Deno loads its timers when the first is set, and runs microtasks meanwhile, which may set others.
    if (this.#isWaitingFor(tick)) return this.#runtime.clearTimeout(handle);
    if (this.#waiting !== undefined) this.#runtime.clearTimeout(this.#waiting.handle);
    this.#waiting = { tick, handle };
  }

  #rest(): void {
    if (this.#waiting !== undefined) this.#runtime.clearTimeout(this.#waiting.handle);
    this.#waiting = undefined;
    this.#slots.clear();
    this.#ticks.clear();
  }

  /** Runs what is due, in the order of ticks and of arming. */
  #turn(): void {
    this.#waiting = undefined;
    this.#isTurning = true;
    const now = Math.floor(this.now() / TICK_MS);
    while (this.#ticks.least <= now) this.#runSlot(this.#ticks.pop());
    this.#isTurning = false;
    if (this.#armed === 0) return this.#rest();
    while (this.#slots.get(this.#ticks.least)?.size === 0) this.#slots.delete(this.#ticks.pop());
    this.#wait(this.#ticks.least);
  }

  /** A timer may disarm others of its slot, which is there until all have run. */
  #runSlot(tick: number): void {
    this.#turned = tick;
    const slot = this.#slots.get(tick);
    for (const timer of slot ?? []) {
      slot?.delete(timer);
      this.#armed--;
      run(timer);
    }
    this.#slots.delete(tick);
  }
}

/** What one timer throws is uncaught, as with the runtime's own, and no matter of the others. */
function run(timer: WheelTimer): void {
  try {
    timer.run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Numbers, of which the least is at hand: a binary heap. */
class Heap {
  readonly #numbers: number[] = [];

  /** The least; infinite where there is none. */
  get least(): number {
    return this.#numbers[0] ?? Infinity;
  }

  clear(): void {
    this.#numbers.length = 0;
  }

  push(added: number): void {
    const numbers = this.#numbers;
    let at = numbers.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = numbers[up] ?? -Infinity;
      if (above <= added) break;
      numbers[at] = above;
      at = up;
    }
    numbers[at] = added;
  }

  /** Takes the least away, and returns it. */
  pop(): number {
    const numbers = this.#numbers;
    const least = this.least;
    const last = numbers.pop();
    if (last === undefined || numbers.length === 0) return least;
    let at = 0;
    for (let down = 1; down < numbers.length; down = 2 * at + 1) {
      if ((numbers[down + 1] ?? Infinity) < (numbers[down] ?? Infinity)) down++;
      const below = numbers[down] ?? Infinity;
      if (below >= last) break;
      numbers[at] = below;
      at = down;
    }
    numbers[at] = last;
    return least;
  }
}
