/**
 * Which INFO is for whom (RFC 6086).
 *
 * @module
 */
import type { IncomingRequestMessage, ResponseOptions } from "../../messages/mod.ts";

/** A Recv-Info line: an empty one says that no package is taken (§5.2.1). */
export function recvInfo(packages: readonly string[]): string {
  return `Recv-Info: ${packages.join(", ")}`.trimEnd();
}

/**
 * §4.2.2: "If a UA receives an INFO request associated with an Info Package that the UA has not
 * indicated willingness to receive, the UA MUST send a 469 (Bad Info Package) response ... which
 * contains a Recv-Info header field". An INFO without Info-Package is of the time before them, and
 * the program's.
 *
 * @param packages What this side has said that it takes.
 */
export function refusePackage(
  request: IncomingRequestMessage,
  packages: readonly string[] = [],
): ResponseOptions | undefined {
  const name = request.getHeader("Info-Package")?.split(";", 1)[0]?.trim().toLowerCase();
  if (name === undefined || packages.some((each) => each.toLowerCase() === name)) return undefined;
  return { statusCode: 469, extraHeaders: [recvInfo(packages)] };
}
