/**
 * What RFC 3261 has to say of any message that an engine sends, in whatever flow it is.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { WireMessage } from "./wire.ts";

/** Checks what engines have sent, among everything that went over the wire. */
export function checkWire(sent: readonly WireMessage[], all: readonly WireMessage[]): void {
  for (const message of sent) {
    checkAlone(message);
    if (message.status !== undefined) checkResponse(message, all);
    else if (message.method === "CANCEL" || message.method === "ACK") checkSibling(message, all);
  }
}

function checkAlone(message: WireMessage): void {
  const { startLine, status, branch, body } = message;
  // §8.1.1.7: "The branch ID ... MUST always begin with the characters "z9hG4bK"."
  assertMatch(branch, /^z9hG4bK./, startLine);
  assertEquals(message.header("Content-Length"), `${body.length}`, startLine);
  assertEquals(message.header("Content-Type") !== undefined, body.length > 0, startLine);
  if (status === undefined) assertEquals(message.header("Max-Forwards"), "70", startLine);
}

/** §8.2.6.2: Via, From, Call-ID and CSeq of the response equal those of the request. */
function checkResponse(response: WireMessage, all: readonly WireMessage[]): void {
  const request = all.find(({ status, branch, method }) =>
    status === undefined && branch === response.branch && method === response.method
  );
  assert(request !== undefined, response.startLine);
  // But for what the server adds to the topmost Via (§18.2.1, RFC 3581).
  const top = (via = ""): string =>
    via.replace(/;received=[^;]*/, "").replace(/;rport=\d+/, ";rport");
  const vias = ({ headers }: WireMessage): string[] => headers("Via").map(top);
  assertEquals(vias(response), vias(request), response.startLine);
  for (const name of ["From", "Call-ID", "CSeq"]) {
    assertEquals(response.header(name), request.header(name), response.startLine);
  }
}

function checkSibling(message: WireMessage, all: readonly WireMessage[]): void {
  const invite = all.find(({ branch, method, status }) =>
    branch === message.branch && method === "INVITE" && status === undefined
  );
  const finals = all.filter(({ method, status = 0, callId, cseq }) =>
    method === "INVITE" && status >= 200 && callId === message.callId && cseq === message.cseq
  );
  if (invite === undefined) {
    // §13.2.2.4: the ACK to a 2xx is a transaction of its own.
    assertEquals(message.method, "ACK");
    assert(finals.some(({ status = 0, toTag }) => status < 300 && toTag === message.toTag));
    return;
  }
  // §9.1 and §17.1.1.3: Request-URI, Call-ID, From, the number in CSeq, Via and Route are those of
  // the INVITE.
  for (const name of ["Via", "From", "Call-ID", "Route"]) {
    assertEquals(message.header(name), invite.header(name), message.startLine);
  }
  assertEquals([message.ruri, message.cseq], [invite.ruri, invite.cseq]);
  if (message.method === "CANCEL") assertEquals(message.header("To"), invite.header("To"));
  else {
    // §17.1.1.3: "The To header field in the ACK MUST equal the To header field in the response
    // being acknowledged".
    const isEqual = finals.some((final) =>
      final.branch === message.branch && final.header("To") === message.header("To")
    );
    assert(isEqual, message.startLine);
  }
}
