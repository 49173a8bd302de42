/**
 * What the machine of a session starts with, takes, and tells.
 *
 * @module
 */
import type { DisposeEvent, TerminatedEmission, TransmitEmission } from "./events.ts";
import type { TimerTable } from "./timers.ts";

/** Who sent the first INVITE: this side, the caller, or the other. */
export type SessionRole = "caller" | "callee";

/** Who keeps the session alive (RFC 4028 §7.1): this side, the other, or nobody. */
export type SessionRefresher = "local" | "remote" | "none";

/** What a session starts with. */
export interface SessionInput extends TimerTable {
  /** Which side this is. */
  readonly role: SessionRole;
}

/** Plain data: a session can be saved with it. */
export interface SessionContext extends SessionInput {
  /** The interval before the 2xx is repeated, in milliseconds. */
  readonly interval: number;
  /** Whether this side hangs up as soon as the ACK allows it. */
  readonly isLeaving: boolean;
  /** Whose the last INVITE was. */
  readonly inviter: "local" | "remote";
  /** Whether an offer has been answered yet: what a refused one falls back to. */
  readonly hasAgreed: boolean;
  /** The session interval (RFC 4028 §3), in milliseconds; 0 where there is none. */
  readonly sessionInterval: number;
}

/** What the machine takes. */
export type SessionEvent =
  /** A provisional response with a To-tag made the dialog. */
  | { readonly type: "progress" }
  /** A 2xx to the INVITE of either side; the first one makes the dialog, or confirms it. */
  | { readonly type: "accept" }
  /** The 2xx came again. */
  | { readonly type: "repeatedAccept" }
  /** The ACK was sent, or came. */
  | { readonly type: "ack" }
  /** This side invites again. */
  | { readonly type: "reinvite" }
  /** The other side invites again. */
  | { readonly type: "reinviteReceived" }
  /** The re-INVITE of either side came to nothing: the session is what it was. */
  | { readonly type: "reinviteRefused" }
  /** This side hangs up. */
  | { readonly type: "bye" }
  /** The BYE was answered, or will never be. */
  | { readonly type: "byeEnded" }
  /** The other side hung up. */
  | { readonly type: "byeReceived" }
  /** The INVITE came to nothing, or another branch took the call. */
  | { readonly type: "end" }
  | { readonly type: "localOffer" }
  | { readonly type: "remoteOffer" }
  | { readonly type: "localAnswer" }
  | { readonly type: "remoteAnswer" }
  /** The open offer was refused, or will not be answered. */
  | { readonly type: "rollback" }
  /** The session was refreshed; `interval` in milliseconds. */
  | {
    readonly type: "refreshed";
    readonly interval: number;
    readonly refresher: SessionRefresher;
  }
  | DisposeEvent
  /** The machine's own: the dialog region has left the session. */
  | { readonly type: "over" }
  /** The machine's own: the other side is gone, by no ACK or no refresh. */
  | { readonly type: "lost" };

/** What the machine tells. */
export type SessionEmission =
  /** For the wire: the 2xx again. */
  | TransmitEmission
  /** For the wire: the ACK to the 2xx, again or since nobody has sent it. */
  | { readonly type: "acknowledge" }
  /** For the wire: the BYE. */
  | { readonly type: "bye" }
  /** For the wire: whatever refreshes the session (RFC 4028 §7.4). */
  | { readonly type: "refresh" }
  /** The program has not acknowledged the 2xx, and the other side will soon give up. */
  | { readonly type: "ackOverdue" }
  /** The other side has not acknowledged the 2xx. */
  | { readonly type: "ackTimeout" }
  /** Nobody has refreshed the session. */
  | { readonly type: "expired" }
  | TerminatedEmission;

/** The states, region by region. */
export type SessionMachineState = {
  dialog: "initial" | "early" | "accepted" | "confirmed" | "leaving" | "terminated";
  invitation:
    | "deciding"
    | "inviting"
    | "owingAck"
    | "invited"
    | { awaitingAck: "repeating" }
    | "idle"
    | "closed";
  signaling: "initial" | "haveLocalOffer" | "haveRemoteOffer" | "stable" | "closed";
  timer: "off" | { refreshing: "waiting" | { due: "trying" } } | "watching" | "closed";
};
