/**
 * A phone of somebody else's that is registered at Kamailio: what a trial has it do, and what it says
 * of its call. What it waits for, it waits for some seconds.
 */

/** Those that there are. */
export type PhoneName = "baresip" | "linphone";

/** By what they go. */
export type PhoneProtocol = "UDP" | "TCP" | "TLS";

/** See the module. */
export interface Phone {
  /** The user that it is. */
  readonly user: string;
  /** With what it refuses a call. */
  readonly refusal: number;
  /** Waits until it is called. */
  called(): Promise<void>;
  /** Takes the call. */
  accept(): Promise<void>;
  /** Calls an address. */
  dial(address: string): Promise<void>;
  /** Waits until the far end rings. */
  ringing(): Promise<void>;
  /** Waits until the call is up. */
  established(): Promise<void>;
  /** Holds the call. */
  hold(): Promise<void>;
  /** Resumes it. */
  resume(): Promise<void>;
  /** Waits until the far end holds the call, or resumes it; for phones that tell. */
  isHeld?(held: boolean): Promise<void>;
  /** Transfers the call to an address, blind. */
  transfer(address: string): Promise<void>;
  /** Hangs up, gives up or refuses. */
  hangUp(): Promise<void>;
  /** Waits until the call is over; how that came about, in its own words. */
  closed(): Promise<string>;
  /** Forgets what nobody has asked for. */
  drain(): void;
  /** Ends it. */
  stop(): Promise<void>;
}
