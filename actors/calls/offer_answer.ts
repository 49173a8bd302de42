/**
 * What offer and answer are in the messages of a session (RFC 3264, RFC 3261 §13.2.1, RFC 6337).
 * Bodies are opaque: what counts is that they describe a session, who sends them, and when.
 *
 * @module
 */
import {
  type BinaryBody,
  type Body,
  bodyOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
} from "../../messages/mod.ts";
import type { SignalingState } from "./session.ts";

/** The signaling region of the session's machine. */
export interface Signaling {
  /** How far it is. */
  readonly signalingState: SignalingState;
  /** Moves it on. */
  send(event: {
    readonly type: "localOffer" | "remoteOffer" | "localAnswer" | "remoteAnswer" | "rollback";
  }): void;
}

/**
 * In what a body is: see {@linkcode OfferAnswer.takeLocal}. `progress` is a provisional response that may
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
  private readonly signaling: Signaling;

  constructor(signaling: Signaling) {
    this.signaling = signaling;
  }

  /** Whether this side has an offer of the far end to answer. */
  get owesAnswer(): boolean {
    return this.signaling.signalingState === "HaveRemoteOffer";
  }

  /** Whether this side waits for an answer. */
  get awaitsAnswer(): boolean {
    return this.signaling.signalingState === "HaveLocalOffer";
  }

  /** An INVITE begins: its first description is an offer, wherever it is. */
  beginRound(): void {
    this.isRoundOpen = true;
  }

  /**
   * Takes a body of this side.
   *
   * @param place In what: a request may offer at any time; one that is no INVITE, but an UPDATE or a
   * PRACK, is answered in its own response, whatever an INVITE in progress says meanwhile. In the
   * responses to an INVITE only the first description is an offer, and only if the INVITE had none;
   * what comes after it repeats what is known, as the 2xx behind an early answer does. The responses
   * to other requests never offer, nor does an ACK, which counts as one (RFC 3261 §13.2.1).
   */
  takeLocal(body: Body | BinaryBody | undefined, place: Place): void {
    if (body !== undefined) this.take(body, "local", place);
  }

  /** The same for what the far end has sent. */
  takeRemote(message: IncomingRequestMessage | IncomingResponseMessage, place: Place): void {
    const body = bodyOf(message);
    if (body !== undefined) this.take(body, "remote", place);
  }

  /** An answer that was sent, or came, in a provisional response is known to both sides by now. */
  confirm(): void {
    if (this.signaling.signalingState === "Stable" && !this.isFirm) this.agree();
  }

  /**
   * The open offer was refused or will not be answered, or an early answer to it counts no more: what
   * was agreed on before it holds (§14.1), on both sides.
   */
  rollback(): void {
    if (!this.owesAnswer && !this.awaitsAnswer && this.isFirm) return;
    Object.assign(this, this.agreed);
    this.isFirm = true;
    this.signaling.send({ type: "rollback" });
  }

  private take(body: Body | BinaryBody, origin: "local" | "remote", place: Place): void {
    if (!describesSession(body)) return;
    const { signalingState: state } = this.signaling;
    const description = { ...body, content: textOf(body) };
    const isOfRound = place !== "otherRequest" && place !== "response";
    if (state === (origin === "local" ? "HaveRemoteOffer" : "HaveLocalOffer")) {
      // What an INVITE's response has while an UPDATE waits for its answer repeats what was known.
      if (this.isAnsweredInResponse && place !== "response") return;
      this.answer = this[origin] = description;
      if (isOfRound) this.isRoundOpen = false;
      if (place === "progress") this.isFirm = false;
      else this.agree();
      return this.signaling.send({ type: `${origin}Answer` });
    }
    const isOfRequest = place === "request" || place === "otherRequest";
    const mayOffer = isOfRequest || (place !== "response" && this.isRoundOpen);
    if (!mayOffer || (state !== "Initial" && state !== "Stable")) return;
    if (isOfRound) this.isRoundOpen = false;
    this.isAnsweredInResponse = place === "otherRequest";
    this.offer = this[origin] = description;
    this.answer = undefined;
    this.signaling.send({ type: `${origin}Offer` });
  }

  private agree(): void {
    const { offer, answer, local, remote } = this;
    this.agreed = { offer, answer, local, remote };
    this.isFirm = true;
  }
}
