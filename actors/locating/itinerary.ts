/**
 * The places that one request may go to, one after the other (RFC 3263 §4.3), and what becomes of those
 * that fail.
 *
 * @module
 */
import { Fault, type IncomingResponseMessage, TransportError } from "../../messages/mod.ts";
import { familyOf, isMulticast } from "../../transports/destination.ts";
import type { Target } from "../../transports/locating.ts";
import type { Transport } from "../../transports/transport.ts";
import type { Flow } from "./flow.ts";
import type { Located, Locator } from "./locator.ts";

/**
 * §18.1.1: "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes and
 * the path MTU is unknown, the request MUST be sent using an RFC 2914 congestion controlled transport
 * protocol, such as TCP."
 */
const MAX_DATAGRAM = 1300;

/** A server that says when it will be back is taken at its word for so many seconds at most. */
const MAX_RETRY_AFTER = 3600;

/** See the module. */
export class Itinerary {
  /** Where the request goes now, or why it can go nowhere. */
  flow: Flow | TransportError;
  private readonly locator: Locator;
  private others: readonly Target[];
  /** Where a request goes that was too large for UDP, if nobody takes it over TCP. */
  private datagramFlow: Flow | undefined;

  constructor(locator: Locator, located: Located) {
    this.locator = locator;
    if (located instanceof TransportError) {
      this.flow = located;
      this.others = [];
    } else {
      [this.flow, ...this.others] = located;
    }
  }

  /** Of one place. */
  static by(flow: Flow | TransportError, locator: Locator): Itinerary {
    return new Itinerary(locator, flow instanceof TransportError ? flow : [flow]);
  }

  /** Whether it goes over TCP only because it is too large for UDP. */
  get isEnlarged(): boolean {
    return this.datagramFlow !== undefined;
  }

  /** Whether there is another place, where this one fails in a way. */
  hasNext(isTransportError: boolean): boolean {
    return this.others.length > 0 || (isTransportError && this.datagramFlow !== undefined);
  }

  /** Goes on to the next place. */
  advance(isTransportError: boolean): void {
    const [next, ...others] = isTransportError && this.datagramFlow !== undefined
      ? [this.datagramFlow, ...this.others]
      : this.others;
    this.datagramFlow = undefined;
    if (next === undefined) return;
    this.flow = next;
    this.others = others;
  }

  /**
   * Goes over TCP where UDP will not do and TCP was not refused lately. §18.1.1: "if the attempt to
   * establish the connection generates either an ICMP Protocol Not Supported, or results in a TCP
   * reset, the element SHOULD retry the request, using UDP."
   *
   * @param size Of the message, in octets.
   * @returns Whether the flow is another now.
   */
  enlarge(size: number, transports: readonly Transport[]): boolean {
    const { flow } = this;
    if (size <= MAX_DATAGRAM || flow instanceof TransportError) return false;
    if (flow.transport.protocol !== "UDP" || isMulticast(flow.remote.host)) return false;
    const family = familyOf(flow.remote.host);
    const transport = transports.find(({ protocol, families, fixedRemote }) =>
      protocol === "TCP" && fixedRemote === undefined &&
      (family === undefined || families === undefined || families.includes(family))
    );
    if (transport === undefined) return false;
    const larger = { transport, remote: flow.remote };
    if (this.locator.avoided.has(larger)) return false;
    this.datagramFlow = flow;
    this.flow = larger;
    return true;
  }

  /** This place has failed: it is tried last for a while. */
  fail(milliseconds: number, response?: IncomingResponseMessage): void {
    if (this.flow instanceof TransportError) return;
    // §21.5.4: the client "SHOULD NOT forward any other requests to that server for the duration
    // specified in the Retry-After header field, if present."
    const header = response?.parseHeader("Retry-After");
    const seconds = header === undefined || header instanceof Fault ? undefined : header.seconds;
    const asked = seconds === undefined ? milliseconds : Math.min(seconds, MAX_RETRY_AFTER) * 1000;
    this.locator.avoided.add(this.flow, asked);
  }

  /** Somebody is there. */
  succeed(): void {
    if (!(this.flow instanceof TransportError)) this.locator.avoided.delete(this.flow);
  }
}
