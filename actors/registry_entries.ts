/**
 * Who can be in the registry: what the supervisor knows of transactions and dialogs, and no more.
 *
 * @module
 */
import type { IncomingRequestMessage, IncomingResponseMessage, URI } from "../messages/mod.ts";
import type { Answers } from "./authentication/client_authentication.ts";
import type { Transport } from "../transports/transport.ts";
import type { Flow } from "./locating/flow.ts";
import type { Session } from "./calls/session.ts";

/** What depends on a connection. */
export interface ConnectionUser {
  /** The connection is lost. */
  fail(error: Error): void;
}

/** A client transaction, as the supervisor sees it. */
export interface ClientEntry extends ConnectionUser {
  readonly callId: string;
  /** The sent-by that its Via has; a response with another is not ours (RFC 3261 §18.1.2). */
  readonly sentBy: string;
  /** By which transport it goes, as far as that is known. */
  readonly transport?: Transport | undefined;
  /** Takes a response. */
  receive(response: IncomingResponseMessage): void;
  /** Ends it politely: cancels an INVITE. */
  end(): void;
  /** Ends it without a word. */
  dispose(): void;
}

/** A server transaction, as the supervisor sees it. */
export interface ServerEntry {
  readonly callId: string;
  /** The tag in To of its responses. */
  readonly toTag: string;
  /** Takes its request again. */
  repeat(): void;
  /** Takes the ACK to a final response but 2xx; says whether it was waiting for one. */
  acknowledge(ack: IncomingRequestMessage): boolean;
  /** Takes a CANCEL. */
  cancel(cancel: IncomingRequestMessage): void;
  /** Ends it politely: refuses the request if it is open. */
  end(): void;
  /** Ends it without a word. */
  dispose(): void;
}

/** A registration that is kept up, as the supervisor sees it. */
export interface RegistrationEntry {
  /** Ends it politely: removes the binding. */
  end(): void;
  /** Ends it without a word. */
  dispose(): void;
}

/** What an INVITE has made of a dialog, as far as other requests may name it (RFC 3891, RFC 4538). */
export interface InvitedCall {
  /** The session. */
  readonly session: Session;
  /** Whether this side has sent the INVITE. */
  readonly isCaller: boolean;
  /** Another call has taken its place: ends it with BYE, or with CANCEL while it is early. */
  replace(): void;
  /** This side is reached at another address: the far end is told of it. */
  relocate(): void;
}

/** A dialog, as the supervisor sees it. */
export interface DialogEntry {
  readonly callId: string;
  /** Its session, where an INVITE has made one. */
  readonly call: InvitedCall | undefined;
  /** Takes a request within the dialog. */
  receive(request: IncomingRequestMessage, flow: Flow): void;
  /** Takes a 2xx to the dialog's INVITE that no transaction waits for any more. */
  repeatAccept(response: IncomingResponseMessage): void;
  /** Ends it politely: hangs up. */
  end(): void;
  /** Ends it without a word. */
  dispose(): void;
}

/** What waits for the NOTIFYs that a request of ours has asked for. */
export interface NotifyWaitEntry {
  /** Takes a NOTIFY that has the request's Call-ID and tag, and no dialog. */
  notify(request: IncomingRequestMessage, flow: Flow): void;
  /** Waits no more. */
  end(): void;
  /** As `end`. */
  dispose(): void;
}

/** An INVITE of ours, as far as its responses can be told from others. */
export interface Call {
  readonly callId: string;
  readonly fromTag: string;
  readonly cseq: number;
  readonly sentBy: string;
  readonly ruri: URI;
  /** Header lines that its ACK repeats: see `credentialsOf`. */
  readonly credentials?: readonly string[] | undefined;
  /** What its challenges were answered with, for what is sent in its dialogs. */
  readonly answers?: Answers | undefined;
  /**
   * The ACKs to the branches that were ended because nobody wants them, by their To-tag. Like the
   * next, made when it is needed: few calls have such branches.
   */
  endedBranches?: Map<string, { send(): void }>;
  /** The CSeq of the last request in each branch that was ended while it rang, by its To-tag. */
  sequences?: Map<string, number>;
}
