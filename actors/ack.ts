/**
 * The ACK to a 2xx: no part of the INVITE's transaction, but a request of its own within the dialog
 * (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import { type OutgoingRequestMessage, TransportError } from "../messages/mod.ts";
import type { Dialog } from "./dialog.ts";
import { type Flow, flowTo, sentBy } from "./flow.ts";
import type { RequestOptions } from "./outgoing_request.ts";
import type { Supervisor } from "./supervisor.ts";

/** See the module. */
export class Ack {
  readonly message: OutgoingRequestMessage;
  private readonly supervisor: Supervisor;
  private readonly flow: Flow | TransportError;
  private readonly bytes: Uint8Array;

  /**
   * Makes it; nothing is sent yet.
   *
   * @param cseq The number of the INVITE.
   * @param credentials The INVITE's: see `credentialsOf`.
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    dialog: Dialog,
    cseq: number,
    options?: RequestOptions,
    credentials: readonly string[] = [],
  ) {
    const { transports, identifiers } = supervisor.environment;
    const extraHeaders = [...credentials, ...options?.extraHeaders ?? []];
    this.supervisor = supervisor;
    this.message = dialog.request("ACK", { ...options, extraHeaders }, cseq);
    this.flow = flowTo(dialog.nextHop, transports);
    if (!(this.flow instanceof TransportError)) {
      const { transport } = this.flow;
      this.message.setViaHeader(identifiers.branch(), transport.protocol, sentBy(transport));
    }
    this.bytes = this.message.toBytes();
  }

  /** Sends it: "the ACK MUST be passed to the client transport" for each 2xx, the same every time. */
  send(): void {
    const report = (error: TransportError): void =>
      this.supervisor.report(error, this.message.callId);
    if (this.flow instanceof TransportError) report(this.flow);
    else this.supervisor.transmit(this.bytes, this.flow, report);
  }
}
