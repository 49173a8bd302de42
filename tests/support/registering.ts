/**
 * What the tests of registrations stand on: an exchange whose far end is a registrar.
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type IncomingResponse,
  type Registration,
  type RegistrationDelegate,
  type RegistrationOptions,
  URI,
} from "@strowger/sip";
import { assert } from "@std/assert";
import { Exchange } from "./exchange.ts";

/** The instance of the device in RFC 5626's examples. */
export const INSTANCE = "urn:uuid:00000000-0000-1000-8000-aabbccddeeff";

/** See the module. */
export class Registering extends Exchange {
  registration!: Registration;
  /** In how many milliseconds what has failed is tried again. */
  readonly waits: (number | undefined)[] = [];

  /** Registers `sip:alice@bob.example` at `sip:bob.example`, and notes what is told. */
  register(options: Partial<RegistrationOptions> = {}): Registration {
    this.registration = this.core.registration({
      registrar: URI.parse("sip:bob.example"),
      aor: URI.parse("sip:alice@bob.example"),
      ...options,
    }, this.noting());
    return this.registration;
  }

  /** A delegate that notes what it is told. */
  noting(): RegistrationDelegate {
    const note = (what: string, { message }: IncomingResponse): void => {
      this.events.push(`${what} ${message.statusCode}${message.local ? " local" : ""}`);
    };
    return {
      onRegistered: (response) => note("onRegistered", response),
      onRefreshed: (response) => note("onRefreshed", response),
      onFailed: (failure) => {
        this.waits.push(failure.retryIn);
        const when = failure.retryIn ? "later" : failure.retryIn === 0 ? "at once" : "never";
        note(`onFailed, again ${when},`, failure);
      },
      onUnregistered: () => this.events.push("onUnregistered"),
      onFlowChange: (state) => this.events.push(`flow ${state}`),
    };
  }

  /** The last REGISTER that came to the registrar. */
  get last(): IncomingRequestMessage {
    return this.peer.request("REGISTER");
  }

  /** Grants what the last REGISTER asks for. */
  grant(seconds = 600, ...headers: string[]): void {
    const contact = `${this.last.getHeader("Contact")};expires=${seconds}`;
    this.peer.respond(this.last, 200, { contact, headers });
  }

  /** Asserts that the last wait is from half of so many milliseconds to all of them (RFC 5626 §4.5). */
  assertWait(most: number): number {
    const wait = this.waits.at(-1) ?? 0;
    assert(wait >= most / 2 && wait <= most, `${wait} ms, and not ${most / 2} to ${most}`);
    return wait;
  }

  /** Answers each REGISTER at once. */
  grantAll(seconds = 600, ...headers: string[]): void {
    this.peer.script = (message) => {
      if (message.kind === "request" && message.method === "REGISTER") {
        this.grant(message.getHeader("Expires") === "0" ? 0 : seconds, ...headers);
      }
    };
  }
}
