/**
 * What the requests and responses that set up or change a session say of this side (RFC 3261 §13.2.1,
 * §13.3.1.4), unless the program says it itself.
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type OutgoingRequestMessage,
  valuesIn,
} from "../../messages/mod.ts";
import { allowEvents } from "../subscriptions/event_inspection.ts";
import { recvInfo } from "./info_packages.ts";
import type { Environment } from "../supervisor.ts";

/**
 * Allow, Supported, Allow-Events and Recv-Info.
 *
 * @param request What is answered with them. RFC 6086 §5.2.3: "A UA MUST NOT include a Recv-Info
 * header field in a response if the associated request did not contain a Recv-Info header field."
 */
export function capabilityLines(
  environment: Environment,
  request?: IncomingRequestMessage,
): string[] {
  const { allow, supported, infoPackages } = environment;
  const lines = [
    `Allow: ${allow()}`,
    `Supported: ${supported}`,
    ...allowEvents(environment),
  ];
  const mayTell = request === undefined || request.hasHeader("Recv-Info");
  if (infoPackages !== undefined && mayTell) lines.push(recvInfo(infoPackages));
  return lines;
}

function nameIn(line: string): string {
  return line.slice(0, line.indexOf(":"));
}

/** Header lines, and those of `more` whose headers are not among them. */
export function withMissing(lines: readonly string[], more: readonly string[]): string[] {
  const own = [...lines];
  return [...own, ...more.filter((line) => valuesIn(own, nameIn(line)).length === 0)];
}

/** Sets the headers that a request has not got. */
export function setMissing(message: OutgoingRequestMessage, lines: readonly string[]): void {
  for (const line of lines) {
    const name = nameIn(line);
    if (!message.hasHeader(name)) message.setHeader(name, line.slice(name.length + 1).trim());
  }
}
