/**
 * A stack as a printer of a 200 to an INVITE, and of an INVITE; Strowger as one. All print the same
 * headers with the same values; tags, Call-ID and branch are given, so that nobody pays for random
 * ones.
 *
 * @module
 */
import {
  constructOutgoingResponse,
  IncomingRequestMessage,
  OutgoingRequestMessage,
  parseMessage,
  URI,
} from "../messages/mod.ts";
import { messagesOfCall, SDP } from "./messages.ts";

/** A stack that prints the messages of call number `call`: as text, or as octets. */
export interface Printer {
  readonly name: string;
  /** The 200 with SDP to the INVITE of that call, which is parsed already. */
  ok(call: number): string | Uint8Array;
  /** An INVITE with SDP, from nothing. */
  invite(call: number): string | Uint8Array;
}

/** How many calls there are. */
export const CALLS = 64;

/** The names that have to be unique, as given. */
export const TO_TAG = "8321234356";
export const FROM_TAG = "9fxced";
/** These two are what JsSIP adds by itself, so the others say the same. */
export const ALLOW = "INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY,SUBSCRIBE";
export const OPTION_TAGS = ["ice", "replaces", "outbound"];
export const USER_AGENT = "Bench/1.0";
/** Where both are. */
export const CALLEE = "sip:bob@192.0.2.201:5060";
export const CALLER = "sip:alice@192.0.2.101:5060";
/** The body of both messages. */
export const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

/** What each call has. */
export const CALL_IDS = Array.from({ length: CALLS }, (_, call) => `3848276298220188511${call}`);
export const BRANCHES = CALL_IDS.map((callId) => `z9hG4bK${callId}`);
export const INVITES = Array.from({ length: CALLS }, (_, call) => messagesOfCall(call)[0] ?? "");

/** One of what each call has. */
export function at<T>(list: readonly T[], call: number): T {
  const found = list[call];
  if (found === undefined) throw new RangeError(`expected a call below ${CALLS}, found ${call}`);
  return found;
}

/** Ours. */
export function strowgerPrinter(): Printer {
  const invites = INVITES.map((text) => {
    const message = parseMessage(new TextEncoder().encode(text));
    if (!(message instanceof IncomingRequestMessage)) throw new Error("expected a request");
    return message;
  });
  const from = URI.parse("sip:alice@atlanta.example.com");
  const to = URI.parse("sip:bob@biloxi.example.com");
  return {
    name: "Strowger",
    ok: (call) =>
      constructOutgoingResponse(at(invites, call), {
        statusCode: 200,
        toTag: TO_TAG,
        supported: OPTION_TAGS,
        extraHeaders: [`Contact: <${CALLEE}>`, `Allow: ${ALLOW}`],
        body: BODY,
      }).bytes,
    invite(call) {
      const options = {
        callId: at(CALL_IDS, call),
        fromTag: FROM_TAG,
        fromDisplayName: "Alice Liddell",
        optionTags: OPTION_TAGS,
        userAgentString: USER_AGENT,
      };
      const headers = [`Contact: <${CALLER}>`, `Allow: ${ALLOW}`];
      const message = new OutgoingRequestMessage("INVITE", to, from, to, options, headers, BODY);
      message.setViaHeader(at(BRANCHES, call), "UDP", "192.0.2.101:5060");
      return message.toBytes();
    },
  };
}
