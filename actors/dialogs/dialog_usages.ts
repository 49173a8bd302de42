/**
 * A dialog at work, and what uses it: a session, subscriptions (RFC 5057 §2). The dialog lives for as
 * long as something uses it.
 *
 * @module
 */
import type {
  IncomingRequestMessage,
  IncomingResponseMessage,
  OutgoingRequestMessage,
} from "../../messages/mod.ts";
import { refuseContent } from "../transactions/content_inspection.ts";
import type { Dialog } from "./dialog.ts";
import type { Flow } from "../locating/flow.ts";
import type { DialogEntry, InvitedCall } from "../registry.ts";
import { refusePrack } from "../calls/reliable_provisional_server.ts";
import { refuseMethod, refuseRequired } from "../transactions/request_inspection.ts";
import { ServerTransaction } from "../transactions/server_transaction.ts";
import type { Supervisor } from "../supervisor.ts";

/** One use of a dialog. */
export interface DialogUsage {
  /** Whether a request is meant for this use. */
  takes(request: IncomingRequestMessage): boolean;
  /** Takes a request, and answers it; never an ACK. */
  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void;
  /** Ends it politely. */
  end(): void;
  /** Ends it without a word. */
  dispose(): void;
}

/** The use that an INVITE makes of a dialog; there is one at most. */
export interface SessionUsage extends DialogUsage, InvitedCall {
  /** Takes an ACK. */
  acknowledge(request: IncomingRequestMessage): void;
  /** Takes a 2xx that no transaction waits for any more. */
  repeatAccept(response: IncomingResponseMessage): void;
}

/** Methods that mean nothing in a dialog which has no such use: RFC 5057 §5.1 has 481 for them. */
const NEED_A_USAGE = ["BYE", "INFO", "INVITE", "NOTIFY", "SUBSCRIBE", "UPDATE"];

/**
 * How many NOTIFYs of this side may wait for their answers in a dialog. Beyond that nothing is taken
 * that asks for another: each would be repeated to an address of the far end's choice.
 */
const MAX_UNANSWERED = 64;
const ASK_FOR_NOTIFY = ["REFER", "SUBSCRIBE"];

/** See the module. */
export class DialogUsages implements DialogEntry {
  readonly dialog: Dialog;
  /** Whether a REFER was taken in it: from the second one on, their NOTIFYs are numbered. */
  hasRefer = false;
  private readonly supervisor: Supervisor;
  private usages: readonly DialogUsage[] = [];
  /** The NOTIFYs of this side without a final response. */
  private unanswered: Set<OutgoingRequestMessage> | undefined;
  private session: SessionUsage | undefined;

  /** Nothing is entered before there is a use. */
  constructor(supervisor: Supervisor, dialog: Dialog) {
    this.supervisor = supervisor;
    this.dialog = dialog;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get call(): InvitedCall | undefined {
    return this.session;
  }

  /** Enters the use that an INVITE makes. */
  addSession(session: SessionUsage): void {
    this.session = session;
    this.enter(session);
  }

  /** Enters another use. */
  add(usage: DialogUsage): void {
    this.enter(usage);
  }

  /** Forgets a use, and the dialog with the last one. */
  remove(usage: DialogUsage): void {
    if (!this.usages.includes(usage)) return;
    this.usages = this.usages.filter((each) => each !== usage);
    const { registry } = this.supervisor;
    if (this.session === usage) {
      this.session = undefined;
      registry.noteEnded(this.dialog.key);
    }
    if (this.usages.length === 0) registry.removeDialog(this.dialog.key, this);
  }

  /** Notes that a NOTIFY of this side has gone out. */
  notifyBegun(message: OutgoingRequestMessage): void {
    this.unanswered = (this.unanswered ?? new Set()).add(message);
  }

  /** Notes that it has been answered, or never will be. */
  notifyEnded(message: OutgoingRequestMessage): void {
    this.unanswered?.delete(message);
  }

  receive(request: IncomingRequestMessage, flow: Flow): void {
    const { method } = request;
    if (method === "ACK") return this.session?.acknowledge(request);
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    if (!this.dialog.takeSequence(request.cseq)) {
      // §12.2.2: "If the remote sequence number was not empty, but the sequence number of the
      // request is lower than the remote sequence number, the request is out of order and MUST be
      // rejected with a 500 (Server Internal Error) response."
      return transaction.refuse(500);
    }
    // "... the UAS first applies the same processing rules for requests outside of a dialog".
    const { optionTags, content, capabilities } = this.supervisor.environment;
    const refusal = refuseRequired(request, optionTags) ?? refuseContent(request, content);
    if (refusal !== undefined) return void transaction.respond(refusal);
    if (method === "OPTIONS") {
      return void transaction.respond({ statusCode: 200, extraHeaders: capabilities() });
    }
    if ((this.unanswered?.size ?? 0) >= MAX_UNANSWERED && ASK_FOR_NOTIFY.includes(method)) {
      // By then timer F has ended those that nobody answers.
      return void transaction.respond({ statusCode: 500, extraHeaders: ["Retry-After: 32"] });
    }
    // The session takes what no other use does.
    const { session } = this;
    const usage = this.usages.find((each) => each !== session && each.takes(request)) ??
      (session?.takes(request) ? session : undefined);
    if (usage !== undefined) return usage.receive(request, transaction);
    if (method === "PRACK") return void transaction.respond(refusePrack(request));
    const isLost = this.session === undefined || method === "NOTIFY" || method === "SUBSCRIBE";
    if (isLost && NEED_A_USAGE.includes(method)) return transaction.refuse(481);
    transaction.respond(refuseMethod(method, this.supervisor.environment.allow()));
  }

  repeatAccept(response: IncomingResponseMessage): void {
    this.session?.repeatAccept(response);
  }

  end(): void {
    for (const usage of this.usages) usage.end();
  }

  dispose(): void {
    for (const usage of this.usages) usage.dispose();
  }

  private enter(usage: DialogUsage): void {
    if (this.usages.length === 0) this.supervisor.registry.addDialog(this.dialog.key, this);
    this.usages = this.usages.concat(usage);
  }
}
