/**
 * What offer and answer are in the messages of a session (RFC 3264, RFC 3261 §13.2.1, RFC 6337).
 * Bodies are opaque: what counts is that they describe a session, who sends them, and when.
 *
 * @module
 */
import type { BinaryBody, Body } from "../messages/mod.ts";
import type { SignalingState } from "./session.ts";

/** What becomes of the signaling region of the session's machine. */
export type SignalingEvent = {
  readonly type: "localOffer" | "remoteOffer" | "localAnswer" | "remoteAnswer";
};

/**
 * In what a body is: see {@linkcode OfferAnswer.take}. `progress` is a provisional response that may
 * be lost: one that is not reliable, or has no PRACK yet.
 */
export type Place = "request" | "otherRequest" | "progress" | "inviteResponse" | "response";

/** What was agreed on. */
type Agreement = Readonly<Record<"offer" | "answer" | "local" | "remote", Body | undefined>>;

function textOf({ content }: Body | BinaryBody): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

/** Whether a body is an offer or an answer, and no ring tone or picture. */
export function describesSession(body: Body | BinaryBody | undefined): boolean {
  return body?.contentDisposition === "session";
}

/** The last offer, and the answer to it. */
export class OfferAnswer {
  offer: Body | undefined;
  answer: Body | undefined;
  /** The last description that each side gave of itself. */
  local: Body | undefined;
  remote: Body | undefined;
  /**
   * Whether the answer holds. One in a provisional response that may be lost shows what the answer
   * will be: no further offer is made on it (RFC 3311 §5.1), and a refused INVITE takes it back.
   */
  isFirm = true;
  private agreed: Agreement = {
    offer: undefined,
    answer: undefined,
    local: undefined,
    remote: undefined,
  };
  /** Whether the open offer is that of an UPDATE or a PRACK. */
  private isAnsweredInResponse = false;
  /** Whether the last INVITE has had no description yet, in itself or in a response. */
  isRoundOpen = true;

  /** An INVITE begins: its first description is an offer, wherever it is. */
  beginRound(): void {
    this.isRoundOpen = true;
  }

  /**
   * Takes a body that was sent or came.
   *
   * @param place In what: a request may offer at any time; one that is no INVITE, but an UPDATE or a
   * PRACK, is answered in its own response, whatever an INVITE in progress says meanwhile. In the
   * responses to an INVITE only the first description is an offer, and only if the INVITE had none;
   * what comes after it repeats what is known, as the 2xx behind an early answer does. The responses
   * to other requests never offer, nor does an ACK, which counts as one (RFC 3261 §13.2.1).
   * @returns What it is, or `undefined` where it is neither offer nor answer.
   */
  take(
    body: Body | BinaryBody,
    origin: "local" | "remote",
    state: SignalingState,
    place: Place,
  ): SignalingEvent | undefined {
    if (!describesSession(body)) return undefined;
    const description = { ...body, content: textOf(body) };
    const isOfRound = place !== "otherRequest" && place !== "response";
    if (state === (origin === "local" ? "HaveRemoteOffer" : "HaveLocalOffer")) {
      // What an INVITE's response has while an UPDATE waits for its answer repeats what was known.
      if (this.isAnsweredInResponse && place !== "response") return undefined;
      this.answer = this[origin] = description;
      if (isOfRound) this.isRoundOpen = false;
      if (place === "progress") this.isFirm = false;
      else this.confirm();
      return { type: `${origin}Answer` };
    }
    const isOfRequest = place === "request" || place === "otherRequest";
    const mayOffer = isOfRequest || (place !== "response" && this.isRoundOpen);
    if (!mayOffer || (state !== "Initial" && state !== "Stable")) return undefined;
    if (isOfRound) this.isRoundOpen = false;
    this.isAnsweredInResponse = place === "otherRequest";
    this.offer = this[origin] = description;
    this.answer = undefined;
    return { type: `${origin}Offer` };
  }

  /** The answer holds. */
  confirm(): void {
    const { offer, answer, local, remote } = this;
    this.agreed = { offer, answer, local, remote };
    this.isFirm = true;
  }

  /** The offer was refused: what was agreed on before it holds (§14.1), on both sides. */
  rollback(): void {
    Object.assign(this, this.agreed);
    this.isFirm = true;
  }
}
