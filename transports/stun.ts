/**
 * STUN as far as a SIP flow over UDP needs it (RFC 5389, RFC 5626 §4.4.2): a Binding request that is
 * sent until it is answered, and the address that the answer tells.
 *
 * @module
 */
import { TransportError } from "../messages/errors.ts";
import type { RandomSource } from "../messages/random.ts";
import type { Clock } from "./clock.ts";
import { hostport } from "./destination.ts";
import type { Destination } from "./transport.ts";

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const HEADER = 20;
const MAPPED_ADDRESS = 0x0001;
const XOR_MAPPED_ADDRESS = 0x0020;
/** RFC 5389 §15: what is below has to be understood. */
const FIRST_OPTIONAL = 0x8000;
/** Known, and of no matter here: USERNAME, MESSAGE-INTEGRITY, ERROR-CODE, REALM, NONCE. */
const PASSED_OVER = [0x0006, 0x0008, 0x0009, 0x0014, 0x0015];

/** Milliseconds from one request to the next (RFC 5389 §7.2.1: RTO, doubling, Rc 7, Rm 16). */
const INTERVALS = [500, 1000, 2000, 4000, 8000, 16_000, 8000];

/** A Binding request; `id` has 12 octets. */
export function bindingRequest(id: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BINDING_REQUEST);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(id, 8);
  return bytes;
}

/** What answers a Binding request. */
export interface BindingResponse {
  /** Which request it answers, in hexadecimal digits. */
  readonly id: string;
  /** From where the request came, as the far end saw it; absent where it does not say so. */
  readonly mapped: string | undefined;
}

/** Reads the answer to a Binding request; `undefined` for anything else. */
export function readBindingResponse(bytes: Uint8Array): BindingResponse | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(0);
  const isWhole = view.getUint16(2) === bytes.length - HEADER && bytes.length % 4 === 0;
  if (!isWhole || view.getUint32(4) !== MAGIC_COOKIE) return undefined;
  const id = printId(bytes.subarray(8, HEADER));
  // One that refuses is there all the same.
  if (type === BINDING_ERROR) return { id, mapped: undefined };
  return type === BINDING_SUCCESS ? readAttributes(view, id) : undefined;
}

function readAttributes(view: DataView, id: string): BindingResponse | undefined {
  let mapped: string | undefined;
  let isXored = false;
  for (let at = HEADER; at + 4 <= view.byteLength;) {
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const start = at + 4;
    if (start + length > view.byteLength) return undefined;
    if (type === XOR_MAPPED_ADDRESS || (type === MAPPED_ADDRESS && !isXored)) {
      isXored = type === XOR_MAPPED_ADDRESS;
      mapped = readAddress(
        new DataView(view.buffer, view.byteOffset + start, length),
        view,
        isXored,
      );
      if (mapped === undefined) return undefined;
    } else if (type < FIRST_OPTIONAL && type !== MAPPED_ADDRESS && !PASSED_OVER.includes(type)) {
      // §7.3.3: with an attribute that has to be understood and is not, the client "MUST discard the
      // response and immediately consider the transaction as failed"; here it is sent again.
      return undefined;
    }
    at = start + length + (-length & 3);
  }
  return { id, mapped };
}

/** RFC 5389 §15.1 and §15.2: family, port and address, the latter two perhaps XORed with the header. */
function readAddress(value: DataView, message: DataView, isXored: boolean): string | undefined {
  const size = value.byteLength >= 2 ? { 1: 4, 2: 16 }[value.getUint8(1)] : undefined;
  if (size === undefined || value.byteLength !== 4 + size) return undefined;
  const mask = (i: number): number => isXored ? message.getUint8(4 + i) : 0;
  const port = value.getUint16(2) ^ (mask(0) << 8 | mask(1));
  const octets = Array.from({ length: size }, (_, i) => value.getUint8(4 + i) ^ mask(i));
  return `${size === 4 ? octets.join(".") : `[${printId(octets)}]`}:${port}`;
}

function printId(octets: Iterable<number>): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** What a client needs of its transport. */
export interface StunLink {
  /** Sends a datagram. */
  send(bytes: Uint8Array, to: Destination): Promise<void>;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** A request that waits for its answer. */
interface Ping {
  readonly promise: Promise<void>;
  /** Takes the answer, or what went wrong. */
  settle(outcome: BindingResponse | TransportError): void;
}

/** How many destinations, at most, a mapped address is remembered for. */
const MAX_DESTINATIONS = 1000;

/** Asks far ends whether they are there, and from where they see this end. */
export class StunClient {
  readonly #link: StunLink;
  readonly #byId = new Map<string, Ping>();
  readonly #byDestination = new Map<string, Ping>();
  /** The last mapped address, by destination. */
  readonly #mapped = new Map<string, string>();

  /** Nothing is sent yet. */
  constructor(link: StunLink) {
    this.#link = link;
  }

  /**
   * Resolves when the far end has answered; rejects with a TransportError when it has not in 39.5
   * seconds, or when it sees this end at another address than it did before. A second one to the same
   * destination, meanwhile, is the first.
   */
  ping(to: Destination): Promise<void> {
    const key = hostport(to);
    return this.#byDestination.get(key)?.promise ?? this.#start(to, key);
  }

  #start(to: Destination, key: string): Promise<void> {
    const { clock, random } = this.#link;
    const octets = new Uint8Array(12);
    random(octets);
    const id = printId(octets);
    const request = bindingRequest(octets);
    const { promise, resolve, reject } = deferred();
    let timer: unknown;
    const settle = (outcome: BindingResponse | TransportError): void => {
      clock.clearTimeout(timer);
      this.#byId.delete(id);
      this.#byDestination.delete(key);
      const error = outcome instanceof TransportError ? outcome : this.#note(key, outcome.mapped);
      error === undefined ? resolve() : reject(error);
    };
    const attempt = (count: number): void => {
      const interval = INTERVALS[count];
      if (interval === undefined) {
        return settle(new TransportError(`no answer to STUN from ${key}`));
      }
      timer = clock.setTimeout(() => attempt(count + 1), interval);
      this.#link.send(request, to).catch((cause) => {
        settle(new TransportError(`cannot send to ${key}`, { cause }));
      });
    };
    const ping = { promise, settle };
    this.#byId.set(id, ping);
    this.#byDestination.set(key, ping);
    // The answer may come before `send` has returned.
    attempt(0);
    return promise;
  }

  /** RFC 5626 §4.4.2: another mapped address than before means that the flow has failed. */
  #note(key: string, mapped: string | undefined): TransportError | undefined {
    if (mapped === undefined) return undefined;
    const before = this.#mapped.get(key);
    if (before === mapped) return undefined;
    if (before === undefined && this.#mapped.size >= MAX_DESTINATIONS) this.#mapped.clear();
    this.#mapped.set(key, mapped);
    if (before === undefined) return undefined;
    return new TransportError(`${key} sees this end at ${mapped}, and no longer at ${before}`);
  }

  /** Takes a datagram that is no SIP message. */
  receive(bytes: Uint8Array): void {
    const response = readBindingResponse(bytes);
    if (response !== undefined) this.#byId.get(response.id)?.settle(response);
  }

  /** Ends all that wait. */
  close(): void {
    for (const ping of this.#byId.values()) {
      ping.settle(new TransportError("the transport is closed"));
    }
  }
}

function deferred(): {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: Error) => void;
} {
  let resolve = (): void => {};
  let reject = (_: Error): void => {};
  const promise = new Promise<void>((yes, no) => [resolve, reject] = [yes, no]);
  return { promise, resolve, reject };
}
