/**
 * What offer and answer are in the messages that set a session up (RFC 3264, RFC 3261 §13.2.1).
 *
 * @module
 */
import type { BinaryBody, Body } from "../messages/mod.ts";
import type { SignalingState } from "./session.ts";

/** What becomes of the signaling region of the session's machine. */
export type SignalingEvent = {
  readonly type: "localOffer" | "remoteOffer" | "localAnswer" | "remoteAnswer";
};

function textOf({ content }: Body | BinaryBody): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

/** The last offer, and the answer to it. */
export class OfferAnswer {
  offer: Body | undefined;
  answer: Body | undefined;

  /**
   * Takes a body that was sent or came. The first `session` body is the offer and the next of the
   * other side the answer; any other repeats what is known, as the 2xx behind an early answer does.
   *
   * @returns What it is, or `undefined` where it is neither.
   */
  take(
    body: Body | BinaryBody,
    origin: "local" | "remote",
    state: SignalingState,
  ): SignalingEvent | undefined {
    if (body.contentDisposition !== "session") return undefined;
    const isOwed = state === (origin === "local" ? "HaveRemoteOffer" : "HaveLocalOffer");
    if (!isOwed && state !== "Initial") return undefined;
    this[isOwed ? "answer" : "offer"] = { ...body, content: textOf(body) };
    return { type: `${origin}${isOwed ? "Answer" : "Offer"}` };
  }
}
