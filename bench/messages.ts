/**
 * The messages that are parsed: those of one call, each a little different from call to call, so
 * that no cache of a runtime answers in a parser's place.
 *
 * @module
 */

/** A description of a session as phones send it. */
export const SDP: string = [
  "v=0",
  "o=alice 2890844526 2890844526 IN IP4 192.0.2.101",
  "s=-",
  "c=IN IP4 192.0.2.101",
  "t=0 0",
  "m=audio 49172 RTP/AVP 0 8 9 18 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:9 G722/8000",
  "a=rtpmap:18 G729/8000",
  "a=fmtp:18 annexb=no",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=ptime:20",
  "a=maxptime:150",
  "a=rtcp:49173 IN IP4 192.0.2.101",
  "a=sendrecv",
  "",
].join("\r\n");

const ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY";

/** What every message of a call says of it. */
function common(call: string, sequence: string, toTag: string): string[] {
  return [
    `Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bK${call}${sequence.charAt(0)}f3a;rport`,
    `From: "Alice Liddell" <sip:alice@atlanta.example.com>;tag=9fxced${call}`,
    `To: "Bob" <sip:bob@biloxi.example.com>${toTag}`,
    `Call-ID: 3848276298220188511${call}@atlanta.example.com`,
    `CSeq: ${sequence}`,
  ];
}

function message(lines: string[], body: string): string {
  const type = body === "" ? [] : ["Content-Type: application/sdp"];
  return [...lines, ...type, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

/** INVITE with SDP, 180, 200 with SDP and BYE of call number `number`. */
export function messagesOfCall(number: number): string[] {
  const call = (number * 7919 + 100_000).toString(36);
  const toTag = `;tag=8321234356${call}`;
  const callee = ["Contact: <sip:bob@192.0.2.201:5060>", "Server: Bench/1.0"];
  return [
    message([
      "INVITE sip:bob@biloxi.example.com SIP/2.0",
      ...common(call, "1 INVITE", ""),
      "Max-Forwards: 70",
      "Contact: <sip:alice@192.0.2.101:5060;transport=udp>",
      ALLOW,
      "Supported: replaces, timer, 100rel, outbound",
      "User-Agent: Bench/1.0 (a telephone that says who it is)",
      "Accept: application/sdp, application/dtmf-relay",
      "Allow-Events: talk, hold, conference, refer, check-sync",
      "Accept-Language: en",
      "Session-Expires: 1800",
      "Min-SE: 90",
      "Date: Sat, 13 Nov 2010 23:29:00 GMT",
    ], SDP),
    message(["SIP/2.0 180 Ringing", ...common(call, "1 INVITE", toTag), ...callee], ""),
    message(["SIP/2.0 200 OK", ...common(call, "1 INVITE", toTag), ...callee, ALLOW], SDP),
    message(
      ["BYE sip:bob@192.0.2.201:5060 SIP/2.0", ...common(call, "2 BYE", toTag), "Max-Forwards: 70"],
      "",
    ),
  ];
}
