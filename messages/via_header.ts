/**
 * Via: the way that a request has come, and its answers go back (RFC 3261 §20.42, RFC 3581).
 *
 * @module
 */
import { DIGIT, every } from "./characters.ts";
import type { ParameterValues } from "./parameters.ts";
import { Scanner } from "./scanner.ts";
import { scanHostPort } from "./host_port.ts";

/** One Via value. */
export class ViaHeader {
  /** The transport in upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or another. */
  declare readonly transport: string;
  /** The sent-by host as it came; an IPv6 address stands in its brackets. */
  declare readonly host: string;
  /** The sent-by port, where one is given. */
  declare readonly port: number | undefined;
  /** The branch, which names the transaction. */
  declare readonly branch: string | undefined;
  /** The address that the request really came from. */
  declare readonly received: string | undefined;
  /** The port that it really came from; `null` where the client asks for it (RFC 3581 §3). */
  declare readonly rport: number | null | undefined;
  declare private readonly unread: string;

  /** Reads one. Throws what the grammar does not allow, and leaves the scanner behind the value. */
  constructor(scanner: Scanner) {
    const { text, codes } = scanner;
    this.transport = readTransport(scanner);
    const sentBy = scanHostPort(codes, scanner.pos, scanner.end, true);
    this.host = text.slice(scanner.pos, sentBy.hostEnd);
    this.port = sentBy.port < 0 ? undefined : sentBy.port;
    let branch: string | null | undefined;
    let received: string | null | undefined;
    let rport: string | null | undefined;
    scanner.pos = sentBy.end;
    while (scanner.parameter()) {
      if (branch === undefined && scanner.isNamed("branch")) branch = scanner.parameterValue();
      else if (rport === undefined && scanner.isNamed("rport")) rport = scanner.parameterValue();
      else if (received === undefined && scanner.isNamed("received")) {
        received = scanner.parameterValue();
      }
    }
    this.unread = text.slice(sentBy.end, scanner.pos);
    this.branch = branch ?? undefined;
    this.received = received ?? undefined;
    this.rport = readRport(scanner, rport);
  }

  /** Every parameter, by its name in lower case; read when they are asked for. */
  get parameters(): ParameterValues {
    return new Scanner(this.unread).parameters();
  }
}

function readTransport(scanner: Scanner): string {
  // What nearly every Via begins with.
  if (scanner.text.startsWith("SIP/2.0/", scanner.pos)) {
    scanner.pos += 8;
    scanner.skipLws();
  } else {
    const name = scanner.token("'SIP'");
    scanner.expect("/");
    const version = scanner.token("'2.0'");
    if (name.toUpperCase() !== "SIP" || version !== "2.0") scanner.fail("SIP/2.0 before this");
    scanner.expect("/");
  }
  const transport = scanner.token("a transport");
  scanner.skipLws();
  return transport === "UDP" || transport === "TCP" ? transport : transport.toUpperCase();
}

function readRport(scanner: Scanner, value: string | null | undefined): number | null | undefined {
  if (typeof value !== "string") return value;
  if (!every(DIGIT, value) || Number(value) > 65535) scanner.fail("a port as rport before this");
  return Number(value);
}

/** Reads one Via value. */
export function readVia(scanner: Scanner): ViaHeader {
  return new ViaHeader(scanner);
}
