/**
 * The two requests that belong to an INVITE and repeat most of it: its CANCEL (RFC 3261 §9.1) and
 * the ACK to a final response but 2xx (§17.1.1.3).
 *
 * @module
 */
import { OutgoingRequestMessage } from "../../messages/mod.ts";
import type { RequestOptions } from "./outgoing_request.ts";

/**
 * The header lines with an INVITE's credentials; `undefined` where it has none. §22.1: "UACs creating
 * an ACK message will duplicate all of the Authorization and Proxy-Authorization header field values
 * that appeared in the INVITE to which the ACK corresponds."
 */
export function credentialsOf(invite: OutgoingRequestMessage): string[] | undefined {
  const lines = ["Authorization", "Proxy-Authorization"].flatMap((name) =>
    invite.getHeaders(name).map((value) => `${name}: ${value}`)
  );
  return lines.length === 0 ? undefined : lines;
}

/**
 * §17.1.1.3: "The ACK MUST contain a single Via header field, and this MUST be equal to the top Via
 * header field of the original request." §9.1: a CANCEL "MUST have only a single Via header field
 * value matching the top Via value in the request being cancelled". Both have the INVITE's Routes.
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
    // A CANCEL "cannot be resubmitted" (§22.1), so that it has to have them at once, too.
    [...credentialsOf(invite) ?? [], ...options.extraHeaders ?? []],
    options.body,
  );
  message.setHeader("Via", via);
  for (const name of ["From", "To"]) message.setHeader(name, invite.getHeaders(name));
  return message;
}
