/**
 * Event, as far as it names a subscription within a dialog (RFC 6665 §8.2.1).
 *
 * @module
 */
import { Fault } from "./fault.ts";
import type { ParameterizedValue } from "./headers.ts";
import type { IncomingMessage } from "./incoming_message.ts";

/** What Event names: a package, and one of several subscriptions to it. */
export interface EventName {
  /** The event package, `presence` say. */
  readonly type: string;
  /** Which of several subscriptions in one dialog. */
  readonly id: string | undefined;
}

/** What a parsed Event names. */
export function eventName({ value, parameters }: ParameterizedValue): EventName {
  return { type: value, id: parameters["id"] ?? undefined };
}

/** What the Event of a message names, or `undefined` where it is missing or broken. */
export function eventOf(message: IncomingMessage): EventName | undefined {
  const header = message.parseHeader("Event");
  return header === undefined || header instanceof Fault ? undefined : eventName(header);
}

/**
 * Whether two name the same subscription: "the event-type portion of the "Event" header field is
 * compared byte by byte, and the "id" parameter token (if present) is compared byte by byte ... No
 * other parameters are considered".
 */
export function isSameEvent(a: EventName | undefined, b: EventName): boolean {
  return a?.type === b.type && a.id === b.id;
}

/** Prints an Event. */
export function printEvent({ type, id }: EventName): string {
  return id === undefined ? type : `${type};id=${id}`;
}
