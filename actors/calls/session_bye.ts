/**
 * The BYE of this side that ends a session (RFC 3261 §15.1.1), by the program or by the engine.
 *
 * @module
 */
import type { Dialog } from "../dialogs/dialog.ts";
import type { OutgoingRequestDelegate, RequestOptions } from "../transactions/outgoing_request.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** See the module. */
export class SessionBye {
  readonly client: UserAgentClient;
  /** Whether the engine hangs up by itself, of which a program need not know. */
  private isEngines = false;

  /**
   * Makes it. It may have to wait for the ACK, and takes its number when it is sent.
   *
   * @param onEnd Called when it was answered, or never will be.
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    dialog: Dialog,
    onEnd: () => void,
    delegate?: OutgoingRequestDelegate,
    options?: RequestOptions,
  ) {
    const message = dialog.request("BYE", options, dialog.sequence + 1);
    this.client = new UserAgentClient(supervisor, message, dialog, delegate, { onEnd });
  }

  /** Notes that it is the engine's own. */
  own(): void {
    this.isEngines = true;
  }

  /** Gives the engine's own to a program that hangs up, too. */
  adopt(delegate: OutgoingRequestDelegate | undefined): UserAgentClient | undefined {
    if (!this.isEngines) return undefined;
    this.isEngines = false;
    if (delegate !== undefined) this.client.delegate = delegate;
    return this.client;
  }

  /** Sends it; `onNumbered` is called first, when it has its number. */
  send(onNumbered: () => void): void {
    this.client.takeNumber();
    onNumbered();
    this.client.start();
  }

  /** Where it still waits, it never will be sent: the far end was faster. */
  abandon(): void {
    this.client.abandonUnsent("the far end has hung up");
  }

  dispose(): void {
    this.client.dispose();
  }
}
