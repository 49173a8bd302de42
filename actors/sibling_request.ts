/**
 * The two requests that belong to an INVITE and repeat most of it: its CANCEL (RFC 3261 §9.1) and
 * the ACK to a final response but 2xx (§17.1.1.3).
 *
 * @module
 */
import { OutgoingRequestMessage } from "../messages/mod.ts";
import type { RequestOptions } from "./outgoing_request.ts";

/**
 * Both "MUST contain a single Via header field value" equal to the INVITE's topmost, and if the
 * INVITE has Route headers, "those header fields MUST appear".
 *
 * @param via The Via that the INVITE was sent with.
 */
export function siblingRequest(
  invite: OutgoingRequestMessage,
  method: "ACK" | "CANCEL",
  via: string,
  options: RequestOptions = {},
): OutgoingRequestMessage {
  const message = new OutgoingRequestMessage(
    method,
    invite.ruri,
    invite.fromURI,
    invite.toURI,
    {
      callId: invite.callId,
      cseq: invite.cseq,
      fromTag: invite.fromTag,
      routeSet: invite.getHeaders("Route"),
    },
    options.extraHeaders,
    options.body,
  );
  message.setHeader("Via", via);
  for (const name of ["From", "To"]) message.setHeader(name, invite.getHeaders(name));
  return message;
}
