/**
 * What the audit reads of a header.
 */
import type { LoggedMessage } from "./message_log.ts";

/** The value of a header, empty where it is missing. */
export function header(message: LoggedMessage | undefined, name: string): string {
  return message?.headers.get(name) ?? "";
}

/** The values of a header that lists addresses. */
export function addresses(message: LoggedMessage, name: string): string[] {
  const value = header(message, name);
  return value === "" ? [] : value.split(/,\s*(?=[^,]*<)/);
}

/** A parameter of a header's value. */
export function parameter(value: string, name: string): string | undefined {
  return new RegExp(`;${name}=([^;>,\\s]+)`).exec(value)?.[1];
}

/** The tag of From or To, which stands behind the address. */
export function tag(message: LoggedMessage, name: "from" | "to"): string | undefined {
  return parameter(header(message, name).replace(/<[^>]*>/, ""), "tag");
}

/** The branch of the first Via. */
export function branch(message: LoggedMessage | undefined): string | undefined {
  return parameter(header(message, "via"), "branch");
}

/** The URI of Contact. */
export function contact(message: LoggedMessage | undefined): string | undefined {
  return /<(.*?)>/.exec(header(message, "contact"))?.[1];
}

/** The number of CSeq. */
export function sequence(message: LoggedMessage): number {
  return parseInt(header(message, "cseq"));
}
