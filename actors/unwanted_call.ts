/**
 * A call that a 2xx announces and nobody wants: its INVITE was given up, or it is a late branch of
 * a fork, or no session can be made from it. It is acknowledged and ended with BYE
 * (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  ProtocolError,
  TransportError,
  type URI,
} from "../messages/mod.ts";
import { Dialog } from "./dialog.ts";
import { type Flow, flowTo, sentBy } from "./flow.ts";
import type { DialogEntry } from "./registry.ts";
import { ServerTransaction } from "./server_transaction.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentClient } from "./user_agent_client.ts";

/** See the module. */
export class UnwantedCall implements DialogEntry {
  private readonly supervisor: Supervisor;
  private readonly ack: OutgoingRequestMessage;
  private readonly bye: UserAgentClient;

  private constructor(supervisor: Supervisor, dialog: Dialog, inviteSequence: number) {
    this.supervisor = supervisor;
    this.ack = dialog.request("ACK", {}, inviteSequence);
    this.bye = new UserAgentClient(supervisor, dialog.request("BYE"), undefined, () => {
      supervisor.registry.removeDialog(dialog.key);
    });
  }

  /**
   * Acknowledges the 2xx and hangs up.
   *
   * @param fallbackTarget Where to send them when the 2xx has no Contact.
   */
  static end(
    supervisor: Supervisor,
    response: IncomingResponseMessage,
    fallbackTarget?: URI,
  ): void {
    const dialog = Dialog.fromResponse(response, fallbackTarget);
    if (dialog instanceof ProtocolError) return supervisor.report(dialog);
    const call = new UnwantedCall(supervisor, dialog, response.cseq);
    supervisor.registry.addDialog(dialog.key, call);
    call.repeatAccept();
    call.bye.start();
  }

  receive(request: IncomingRequestMessage, flow: Flow): void {
    // Ours to end, and being ended: there is nothing in it for a request.
    if (request.method !== "ACK") new ServerTransaction(this.supervisor, request, flow).refuse(481);
  }

  repeatAccept(): void {
    const { environment } = this.supervisor;
    const flow = flowTo(this.ack.ruri, this.ack.getHeader("Route"), environment.transports);
    if (flow instanceof TransportError) return this.supervisor.report(flow);
    const branch = this.ack.branch ?? environment.identifiers.branch();
    this.ack.setViaHeader(branch, flow.transport.protocol, sentBy(flow.transport));
    this.supervisor.transmit(this.ack.toBytes(), flow, (error) => this.supervisor.report(error));
  }

  end(): void {}

  dispose(): void {
    this.bye.dispose();
  }
}
