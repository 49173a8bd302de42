/**
 * What tells the far end of a call where this side is by now: a re-INVITE with the description of before
 * and the Contact of now (RFC 3261 §14.1), as soon as nothing else is in progress.
 *
 * @module
 */
import { Pause } from "../transactions/pause.ts";
import { willPass } from "../transactions/retry_after.ts";
import type { SessionDialog } from "./session_dialog.ts";

/** How often it is tried, and how long after a failure: the far end may have lost its own flow. */
const MAX_ATTEMPTS = 4;
const RETRY_DELAY = 30_000;

/** See the module. */
export class AddressAnnouncement {
  private readonly session: SessionDialog;
  private pause: Pause | undefined;
  private attempts = 0;

  /** Nothing is sent before `start`. */
  constructor(session: SessionDialog) {
    this.session = session;
  }

  /** Sends it, or waits until it can go. */
  start(): this {
    const { session } = this;
    const { sessionState } = session;
    if (sessionState === "Terminated") return this;
    if (sessionState !== "Confirmed" || session.isBusy) {
      this.wait(session.supervisor.environment.timers.T2);
      return this;
    }
    if (session.tellNetworkChange()) return this;
    this.attempts++;
    const client = session.inviteAsBefore(({ message }) => {
      if (willPass(message) && this.attempts < MAX_ATTEMPTS) this.wait(RETRY_DELAY);
    });
    // A call is not lost by it: whoever cannot be told of this address may be found by its own.
    client.endsCall = false;
    return this;
  }

  /** It is not sent again. */
  end(): void {
    this.pause?.cancel();
  }

  /** As `end`, without a word. */
  dispose(): void {
    this.pause?.dispose();
  }

  private wait(delay: number): void {
    const { supervisor, callId } = this.session;
    const pause = this.pause = new Pause(supervisor, callId, delay, ({ type }) => {
      if (type === "resend" && this.pause === pause) this.start();
    });
    pause.start();
  }
}
