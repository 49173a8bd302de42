/**
 * The BYE of this side that ends a session (RFC 3261 §15.1.1), by the program or by the engine.
 *
 * @module
 */
import type { Dialog } from "./dialog.ts";
import type { OutgoingRequestDelegate, RequestOptions } from "./outgoing_request.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentClient } from "./user_agent_client.ts";

/** See the module. */
export class SessionBye {
  private readonly supervisor: Supervisor;
  private readonly dialog: Dialog;
  private readonly onEnd: () => void;
  private client: UserAgentClient | undefined;
  /** Whether the engine hangs up by itself, of which a program need not know. */
  private isEngines = false;

  /** @param onEnd Called when it was answered, or never will be. */
  constructor(supervisor: Supervisor, dialog: Dialog, onEnd: () => void) {
    this.supervisor = supervisor;
    this.dialog = dialog;
    this.onEnd = onEnd;
  }

  /** Whether there is one. */
  get exists(): boolean {
    return this.client !== undefined;
  }

  /**
   * Makes it. It may have to wait for the ACK, and takes its number when it is sent.
   *
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  make(delegate?: OutgoingRequestDelegate, options?: RequestOptions): UserAgentClient {
    const { supervisor, dialog, onEnd } = this;
    const message = dialog.request("BYE", options, dialog.sequence + 1);
    return this.client = new UserAgentClient(supervisor, message, dialog, delegate, { onEnd });
  }

  /** Notes that it is the engine's own. */
  own(): void {
    this.isEngines = true;
  }

  /** Gives the engine's own to a program that hangs up, too. */
  adopt(delegate: OutgoingRequestDelegate | undefined): UserAgentClient | undefined {
    if (!this.isEngines || this.client === undefined) return undefined;
    this.isEngines = false;
    if (delegate !== undefined) this.client.delegate = delegate;
    return this.client;
  }

  /** Sends it; `onNumbered` is called first, when it has its number. */
  send(onNumbered: () => void): void {
    const client = this.client ?? this.make();
    client.takeNumber();
    onNumbered();
    client.start();
  }

  /** Where it still waits, it never will be sent: the far end was faster. */
  abandon(): void {
    this.client?.abandonUnsent("the far end has hung up");
  }

  dispose(): void {
    this.client?.dispose();
  }
}
