/**
 * The ACKs to the 2xx of one session's INVITEs (RFC 3261 §13.2.2.4): a repeated 2xx gets the very same
 * again, also when the next INVITE is under way.
 *
 * @module
 */
import { Ack } from "./ack.ts";
import type { Dialog } from "../dialogs/dialog.ts";
import type { RequestOptions } from "../transactions/outgoing_request.ts";
import type { Supervisor } from "../supervisor.ts";

/** A 2xx is repeated for 64*T1 at most; more INVITEs than this have hardly been answered by then. */
const MAX_ACKS = 4;

/** See the module. */
export class Acknowledgements {
  private readonly supervisor: Supervisor;
  private readonly dialog: Dialog;
  /** The last ones, oldest first. */
  private acks: readonly { readonly sequence: number; readonly ack: Ack }[] = [];

  constructor(supervisor: Supervisor, dialog: Dialog) {
    this.supervisor = supervisor;
    this.dialog = dialog;
  }

  /** The ACK that was made for the INVITE with this number. */
  of(sequence: number): Ack | undefined {
    return this.acks.find((each) => each.sequence === sequence)?.ack;
  }

  /**
   * Makes one, and keeps it; nothing is sent.
   *
   * @param credentials The INVITE's: see `credentialsOf`.
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  make(sequence: number, options?: RequestOptions, credentials?: readonly string[]): Ack {
    const ack = new Ack(this.supervisor, this.dialog, sequence, options, credentials);
    this.acks = this.acks.slice(1 - MAX_ACKS).concat({ sequence, ack });
    return ack;
  }

  /** Forgets one that nobody will ask for again. */
  forget(sequence: number): void {
    this.acks = this.acks.filter((each) => each.sequence !== sequence);
  }
}
