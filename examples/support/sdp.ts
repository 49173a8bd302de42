/**
 * Session descriptions that promise nothing: one audio stream, `inactive`. A session needs an offer
 * and an answer (RFC 3261 §13.2.1, RFC 3264), and these programs have no media to send.
 *
 * @module
 */
import type { Body } from "@strowger/sip";

function body(lines: readonly string[]): Body {
  return {
    contentDisposition: "session",
    contentType: "application/sdp",
    content: lines.map((line) => `${line}\r\n`).join(""),
  };
}

function head(host: string, time: string): string[] {
  const address = `IN ${host.includes(":") ? "IP6" : "IP4"} ${host}`;
  return ["v=0", `o=- ${Date.now()} 1 ${address}`, "s=-", `c=${address}`, time];
}

/** An offer of one audio stream, inactive. Port 9 is `discard`: nobody is to send there. */
export function inactiveOffer(host: string): Body {
  const audio = ["m=audio 9 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=inactive"];
  return body([...head(host, "t=0 0"), ...audio]);
}

/**
 * The answer to an offer: the first audio stream inactive, all others refused by port 0.
 *
 * RFC 3264 §6: "For each "m=" line in the offer, there MUST be a corresponding "m=" line in the
 * answer", and "The "t=" line in the answer MUST equal that of the offer."
 *
 * @returns `undefined` for an offer without a stream of plain RTP audio.
 */
export function inactiveAnswer(offer: string, host: string): Body | undefined {
  const lines = offer.split(/\r?\n/);
  const time = lines.find((line) => line.startsWith("t=")) ?? "t=0 0";
  const streams = lines.filter((line) => line.startsWith("m="));
  const audio = streams.findIndex((line) => /^m=audio [1-9]\S* RTP\/AVP \S/.test(line));
  if (audio < 0) return undefined;
  const answers = streams.flatMap((line, i) => {
    const answer = line.replace(/^(m=\S+) \S+/, `$1 ${i === audio ? 9 : 0}`);
    return i === audio ? [answer, "a=inactive"] : [answer];
  });
  return body([...head(host, time), ...answers]);
}
