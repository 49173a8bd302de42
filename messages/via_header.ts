/**
 * Via: the way that a request has come, and its answers go back (RFC 3261 §20.42, RFC 3581).
 *
 * @module
 */
import { every, isDigit } from "./characters.ts";
import type { ParameterValues } from "./parameters.ts";
import type { Scanner } from "./scanner.ts";
import { scanHostPort } from "./uri.ts";

/** One Via value. */
export interface ViaHeader {
  /** The transport in upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or another. */
  readonly transport: string;
  /** The sent-by host as it came; an IPv6 address stands in its brackets. */
  readonly host: string;
  /** The sent-by port, where one is given. */
  readonly port: number | undefined;
  /** The branch, which names the transaction. */
  readonly branch: string | undefined;
  /** The address that the request really came from. */
  readonly received: string | undefined;
  /** The port that it really came from; `null` where the client asks for it (RFC 3581 §3). */
  readonly rport: number | null | undefined;
  /** Every parameter, by its name in lower case. */
  readonly parameters: ParameterValues;
}

function readRport(scanner: Scanner, value: string | null | undefined): number | null | undefined {
  if (typeof value !== "string") return value;
  if (!every(value, isDigit) || Number(value) > 65535) scanner.fail("a port as rport before this");
  return Number(value);
}

/** Reads one Via value. */
export function readVia(scanner: Scanner): ViaHeader {
  const name = scanner.token("'SIP'");
  scanner.expect("/");
  const version = scanner.token("'2.0'");
  if (name.toUpperCase() !== "SIP" || version !== "2.0") scanner.fail("SIP/2.0 before this");
  scanner.expect("/");
  const transport = scanner.token("a transport").toUpperCase();
  scanner.skipLws();
  const start = scanner.pos;
  const sentBy = scanHostPort(scanner.text, start, scanner.end, true);
  scanner.pos = sentBy.end;
  const parameters = scanner.parameters();
  return {
    transport,
    host: scanner.text.slice(start, sentBy.hostEnd),
    port: sentBy.port < 0 ? undefined : sentBy.port,
    branch: parameters["branch"] ?? undefined,
    received: parameters["received"] ?? undefined,
    rport: readRport(scanner, parameters["rport"]),
    parameters,
  };
}
