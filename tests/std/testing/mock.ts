/**
 * Answers for the part of `@std/testing/mock` that the tests use: spies and three assertions.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any
import { assertEquals, AssertionError, assertStrictEquals } from "@std/assert";

/** One call that a spy has seen. */
export interface SpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  /** What was passed. */
  args: Args;
  /** What came back. */
  returned?: Return;
  /** What was thrown instead. */
  error?: Error;
  /** The `this` of the call. */
  self?: Self;
}

/** A function that remembers how it was called. */
export interface Spy<Self = any, Args extends unknown[] = any[], Return = any> {
  (this: Self, ...args: Args): Return;
  /** The function behind it. */
  original: (this: Self, ...args: Args) => Return;
  /** The calls so far. */
  calls: SpyCall<Self, Args, Return>[];
}

/** A spy in the place of an object's method. */
export interface MethodSpy<Self = any, Args extends unknown[] = any[], Return = any>
  extends Spy<Self, Args, Return>, Disposable {
  /** Whether the method is back in its place. */
  readonly restored: boolean;
  /** Puts the method back. */
  restore(): void;
}

type ParametersOf<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: infer Args) => unknown ? Args : unknown[];
type ReturnOf<Self, Prop extends keyof Self> = Self[Prop] extends (...args: any[]) => infer Return
  ? Return
  : unknown;

/** Makes a spy: of nothing, of a function, or in the place of an object's method. */
export function spy<Self = any, Args extends unknown[] = any[]>(): Spy<Self, Args, void>;
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
export function spy<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): MethodSpy<Self, ParametersOf<Self, Prop>, ReturnOf<Self, Prop>>;
export function spy(target: any = () => {}, property?: PropertyKey): any {
  return property === undefined ? functionSpy(target) : methodSpy(target, property);
}

function functionSpy(original: (...args: any[]) => any): Spy {
  const calls: SpyCall[] = [];
  const made = function (this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall = { args };
    if (this !== undefined) call.self = this;
    try {
      return call.returned = original.apply(this, args);
    } catch (error) {
      call.error = error as Error;
      throw error;
    } finally {
      calls.push(call);
    }
  };
  return Object.assign(made, { original, calls });
}

function methodSpy(self: any, property: PropertyKey): MethodSpy {
  const own = Object.getOwnPropertyDescriptor(self, property);
  const made = functionSpy(self[property]);
  let restored = false;
  const restore = () => {
    if (own) Object.defineProperty(self, property, own);
    else delete self[property];
    restored = true;
  };
  Object.defineProperty(self, property, { value: made, configurable: true, writable: true });
  Object.defineProperty(made, "restored", { get: () => restored });
  return Object.assign(made, { restore, [Symbol.dispose]: restore }) as MethodSpy;
}

/** What is expected of one call; what is left out is not looked at. */
export interface ExpectedSpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  /** What was passed. */
  args?: [...Args, ...unknown[]];
  /** What came back. */
  returned?: Return;
  /** What was thrown. */
  error?: { Class?: new (...args: any[]) => any; msgIncludes?: string };
  /** The `this` of the call. */
  self?: Self;
}

/** The spy was called exactly so many times. */
export function assertSpyCalls<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  expectedCalls: number,
): void {
  if (spy.calls.length !== expectedCalls) {
    const [found, wanted] = [spy.calls.length, expectedCalls];
    throw new AssertionError(`expected ${wanted} calls of the spy, found ${found}`);
  }
}

function callAt<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
): SpyCall<Self, Args, Return> {
  const call = spy.calls[callIndex];
  if (call === undefined) {
    throw new AssertionError(`expected a call ${callIndex}, found ${spy.calls.length} calls`);
  }
  return call;
}

/** The call with that number went as expected. */
export function assertSpyCall<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected: ExpectedSpyCall<Self, Args, Return> = {},
): void {
  const call = callAt(spy, callIndex);
  if ("args" in expected) assertEquals<unknown>(call.args, expected.args);
  if ("self" in expected) assertEquals(call.self, expected.self);
  if ("returned" in expected) assertEquals(call.returned, expected.returned);
  if (expected.error !== undefined) {
    const { Class = Error, msgIncludes = "" } = expected.error;
    if (!(call.error instanceof Class) || !String(call.error).includes(msgIncludes)) {
      throw new AssertionError(`expected ${Class.name} with "${msgIncludes}", found ${call.error}`);
    }
  } else if ("returned" in expected) {
    assertStrictEquals(call.error, undefined);
  }
}

/** The call with that number had that argument; returns the argument. */
export function assertSpyCallArg<Self, Args extends unknown[], Return, Expected>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  argIndex: number,
  expected: Expected,
): Expected {
  const arg = callAt(spy, callIndex).args[argIndex];
  assertEquals<unknown>(arg, expected);
  return arg as Expected;
}
