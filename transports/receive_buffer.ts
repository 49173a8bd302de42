/**
 * A larger receive buffer for a UDP socket of Deno's, which has no option for it: the C library does
 * it, on Linux and with `--allow-ffi`.
 *
 * The system keeps what has come in until it is read. What does not fit is lost, and comes again
 * half a second later at best (timer E or A), so that a burst costs more than it is: bench/README.md
 * has the figures.
 *
 * @module
 */
import { TransportError } from "../messages/errors.ts";
import { type HostPort, hostport } from "./destination.ts";

/** What is used of the C library; pointers are arrays here. */
interface CLibrary {
  getsockname(descriptor: number, address: Uint8Array, length: Uint32Array): number;
  getsockopt(
    descriptor: number,
    level: number,
    option: number,
    value: Int32Array,
    length: Uint32Array,
  ): number;
  setsockopt(
    descriptor: number,
    level: number,
    option: number,
    value: Int32Array,
    length: number,
  ): number;
  // deno-lint-ignore camelcase
  inet_pton(family: number, text: Uint8Array, address: Uint8Array): number;
}

/** The part of the `Deno` namespace that is used, so that this checks and runs without it. */
interface DenoNamespace {
  readonly build: { readonly os: string };
  dlopen(path: string, symbols: unknown): { readonly symbols: CLibrary; close(): void };
}

const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
};

// Linux's own numbers, the same on every architecture that Deno runs on.
const AF_INET = 2;
const AF_INET6 = 10;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_RCVBUF = 8;
const SOCK_DGRAM = 2;

/** A process of more descriptors is not searched to the end. */
const MAX_DESCRIPTORS = 65_536;

/**
 * Has the system keep so many octets for the UDP socket of this process that is bound to `local`.
 * Throws a TransportError where that cannot be done, or where the system grants less.
 */
export function raiseReceiveBuffer(local: HostPort, octets: number): void {
  const deno = (globalThis as unknown as { Deno: DenoNamespace }).Deno;
  if (deno.build.os !== "linux") {
    throw new TransportError(`a receive buffer is set on Linux only, and this is ${deno.build.os}`);
  }
  const library = deno.dlopen("libc.so.6", SYMBOLS);
  try {
    const { symbols } = library;
    const descriptor = descriptorOf(symbols, local);
    symbols.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, new Int32Array([octets]), 4);
    // socket(7): the kernel doubles what it is asked for, for its own use.
    checkGranted(octets, optionOf(symbols, descriptor, SO_RCVBUF) / 2);
  } finally {
    library.close();
  }
}

/** Throws where the system has granted less than it was asked for. */
export function checkGranted(asked: number, granted: number): void {
  if (granted >= asked) return;
  throw new TransportError(
    `expected a receive buffer of ${asked} octets, and the system grants ${granted}: ` +
      "on Linux net.core.rmem_max is the limit",
  );
}

/** Finds a socket as the system names it: by asking every descriptor what it is bound to. */
function descriptorOf(library: CLibrary, local: HostPort): number {
  const wanted = addressOf(library, local);
  const found = new Uint8Array(128);
  for (let descriptor = 0; descriptor < MAX_DESCRIPTORS; descriptor++) {
    const length = new Uint32Array([found.length]);
    if (library.getsockname(descriptor, found, length) !== 0) continue;
    const isBound = wanted.every((octet, i) => octet === found[i]);
    if (isBound && optionOf(library, descriptor, SO_TYPE) === SOCK_DGRAM) return descriptor;
  }
  throw new TransportError(`no socket of this process is bound to ${hostport(local)}`);
}

/** A `sockaddr_in` or `sockaddr_in6`, as far as it tells one socket from another. */
function addressOf(library: CLibrary, { host, port }: HostPort): Uint8Array {
  const isSix = host.includes(":");
  const bytes = new Uint8Array(isSix ? 24 : 8);
  bytes[0] = isSix ? AF_INET6 : AF_INET;
  new DataView(bytes.buffer).setUint16(2, port);
  const text = new TextEncoder().encode(`${host}\0`);
  // A `sockaddr_in6` has its flow label before the address.
  library.inet_pton(isSix ? AF_INET6 : AF_INET, text, bytes.subarray(isSix ? 8 : 4));
  return bytes;
}

function optionOf(library: CLibrary, descriptor: number, option: number): number {
  const value = new Int32Array(1);
  library.getsockopt(descriptor, SOL_SOCKET, option, value, new Uint32Array([4]));
  return value[0] ?? 0;
}
