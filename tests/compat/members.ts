/**
 * Types that compare a type of SIP.js's core with ours of the same name, member by member.
 *
 * Types of SIP.js that stand in a signature are first replaced by ours of that name, so that each
 * difference is found once, where it is, and not in all that refers to it.
 *
 * @module
 */

/** Whether two types are the same one. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2)
  ? true
  : false;

/** Under which names of `Their` a type stands. */
type NamesOf<T, Their> = { [N in keyof Their]: Same<T, Their[N]> extends true ? N : never }[
  keyof Their
];

/**
 * A type of SIP.js with ours in place of all that has a name.
 *
 * @typeParam Their SIP.js's types by name.
 * @typeParam Our Ours by the same names.
 */
export type Ported<T, Their, Our extends { [N in keyof Their]: unknown }> =
  [NamesOf<T, Their>] extends [never] ? PortedPart<T, Their, Our> : Our[NamesOf<T, Their>];

/** For each part of a union alone. */
type PortedPart<T, Their, Our extends { [N in keyof Their]: unknown }> = T extends unknown
  ? [NamesOf<T, Their>] extends [never]
    ? T extends (...parameters: infer P) => infer R
      ? (...parameters: PortedList<P, Their, Our>) => Ported<R, Their, Our>
    : T extends (infer E)[] ? Ported<E, Their, Our>[]
    : T
  : Our[NamesOf<T, Their>]
  : never;

/** The same for each of a list of parameters. */
export type PortedList<P extends unknown[], Their, Our extends { [N in keyof Their]: unknown }> =
  { [I in keyof P]: Ported<P[I], Their, Our> } extends infer L extends unknown[] ? L : never;

/** Methods as functions: TypeScript compares a method's parameters in either direction. */
type AsFunctions<T> = T extends (...parameters: infer P) => infer R ? (...parameters: P) => R : T;

/** Whether a member may not be assigned to. */
type IsReadonly<T, K extends keyof T> = Same<Pick<T, K>, Readonly<Pick<T, K>>>;

/** Whether a member that a program may assign with SIP.js can no longer be assigned with ours. */
export type LosesWriting<O, T> = true extends {
  [K in keyof O & keyof T]: [IsReadonly<O, K>, IsReadonly<T, K>] extends [true, false] ? true
    : false;
}[keyof O & keyof T] ? true
  : false;

/**
 * The members of SIP.js's type that ours does not keep: they are missing, or of another type.
 *
 * `given` is what a program gets: ours has to be usable as SIP.js's. `taken` is what it passes:
 * SIP.js's has to be usable as ours.
 */
export type Differing<
  O,
  T,
  Use extends "given" | "taken",
  Their,
  Our extends { [N in keyof Their]: unknown },
> = {
  [K in keyof T]-?: K extends keyof O
    ? Use extends "given" ? AsFunctions<O[K]> extends Ported<T[K], Their, Our> ? never : K
    : Ported<T[K], Their, Our> extends AsFunctions<O[K]> ? never
    : K
    : K;
}[keyof T];
