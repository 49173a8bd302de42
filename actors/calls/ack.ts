/**
 * The ACK to a 2xx: no part of the INVITE's transaction, but a request of its own within the dialog
 * (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import { type OutgoingRequestMessage, TransportError } from "../../messages/mod.ts";
import type { Dialog } from "../dialogs/dialog.ts";
import { Delivery } from "../locating/delivery.ts";
import { type Flow, flowTo, sentBy } from "../locating/flow.ts";
import type { RequestOptions } from "../transactions/outgoing_request.ts";
import type { Supervisor } from "../supervisor.ts";

/** See the module. */
export class Ack {
  readonly message: OutgoingRequestMessage;
  private readonly supervisor: Supervisor;
  private readonly delivery: Delivery;

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
    const { locator, transports } = supervisor.environment;
    const extraHeaders = [...credentials, ...options?.extraHeaders ?? []];
    this.supervisor = supervisor;
    this.message = dialog.request("ACK", { ...options, extraHeaders }, cseq);
    const located = locator.locate(dialog.nextHop);
    this.delivery = new Delivery(supervisor, located, {
      print: (flow) => this.print(flow),
      onError: (error) => supervisor.report(error, dialog.callId),
      isRequest: true,
    });
    // Where somebody has to be asked first, the message shows what is likely: it is checked at once.
    if (located instanceof Promise) this.print(flowTo(dialog.nextHop, transports));
  }

  /** Sends it: "the ACK MUST be passed to the client transport" for each 2xx, the same every time. */
  send(): void {
    this.delivery.send();
  }

  private print(flow: Flow | TransportError): Uint8Array {
    if (!(flow instanceof TransportError)) {
      const { transport } = flow;
      const { identifiers } = this.supervisor.environment;
      this.message.setViaHeader(identifiers.branch(), transport.protocol, sentBy(transport));
    }
    return this.message.toBytes();
  }
}
