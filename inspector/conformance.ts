/**
 * Which messages of a recording or of a capture were against the RFC.
 *
 * Nobody is accused of what may have happened before a capture began, after it ended, or beyond it: a
 * rule says something only where the evidence is there.
 *
 * @module
 */
import { parseMessage } from "../messages/mod.ts";
import {
  type CapturedMessage,
  type CapturedTransaction,
  messagesOf,
  transactionsOf,
} from "./captures/captured_transaction.ts";
import type { MessageEntry } from "./entry.ts";
import { flightsOf } from "./flights.ts";
import type { RecordedCall } from "./recording.ts";
import { shownText } from "./shown_text.ts";

/** A message that was against the RFC. */
export interface Violation {
  /** The call, and the place of the message in it. */
  readonly callId: string;
  readonly n: number;
  /** When, in milliseconds since 1970. */
  readonly time: number;
  readonly section: string;
  readonly expected: string;
  readonly found: string;
}

type Report = (
  at: CapturedMessage | MessageEntry,
  section: string,
  expected: string,
  found: string,
) => void;

/** For so long at least a capture has to go on for a silence in it to mean something; milliseconds. */
const SILENCE = 2_000;

/**
 * Reads every message of a call, alone and among the others.
 *
 * @example
 * ```ts
 * import { violationsOf } from "@strowger/sip/inspector/conformance";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 *
 * const recorder = new Recorder();
 * // and, when there were calls:
 * for (const call of recorder.calls) console.log(violationsOf(call));
 * ```
 */
export function violationsOf(call: RecordedCall): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (at, section, expected, found) => {
    const { callId, n, time } = "entry" in at ? at.entry : at;
    violations.push({ callId, n, time, section, expected, found: found.slice(0, 200) });
  };
  for (const { message } of flightsOf(call.entries)) checkGrammar(message, report);
  const messages = messagesOf(call);
  const transactions = transactionsOf(messages);
  const end = messages.at(-1)?.entry.time ?? 0;
  for (const each of messages) checkMessage(each, report);
  checkResponses(messages, transactions, report);
  checkSequence(transactions, report);
  for (const transaction of transactions) {
    checkFinals(transaction, report);
    checkRepetition(transaction, report);
    checkCancel(transaction, report);
    if (transaction.method === "INVITE") checkAck(transaction, messages, end, report);
  }
  return violations.sort((a, b) => a.time - b.time || a.n - b.n);
}

function checkGrammar(entry: MessageEntry, report: Report): void {
  const fault = parseMessage(entry.octets);
  if (fault.kind !== "fault") return;
  const where = fault.header === undefined ? "the message" : fault.header;
  report(entry, "RFC 3261 §25.1", `${where}: ${fault.expected}`, fault.found);
}

function checkMessage(each: CapturedMessage, report: Report): void {
  const { message } = each;
  const isRequest = message.kind === "request";
  // §8.1.1.7: "The branch ID inserted by an element compliant with this specification MUST always
  // begin with the characters "z9hG4bK"."
  if (isRequest && !(message.viaBranch ?? "").startsWith("z9hG4bK")) {
    report(
      each,
      "RFC 3261 §8.1.1.7",
      "a branch that begins with z9hG4bK",
      message.viaBranch ?? "none",
    );
  }
  // §8.1.1: "A valid SIP request formulated by a UAC MUST, at a minimum, contain ... Max-Forwards".
  if (isRequest && message.getHeader("Max-Forwards") === undefined) {
    report(each, "RFC 3261 §8.1.1", "Max-Forwards", "none");
  }
  // §8.1.1.3: "A UAC MUST add a "tag" parameter to the From header field".
  if (isRequest && message.fromTag === undefined) {
    report(each, "RFC 3261 §8.1.1.3", "a tag in From", "none");
  }
  // §8.2.6.2: the UAS "MUST add a tag to the To header field in the response (with the exception of the
  // 100 (Trying) response".
  if (!isRequest && message.statusCode > 100 && message.toTag === undefined) {
    report(each, "RFC 3261 §8.2.6.2", "a tag in To", "none");
  }
  // §8.1.1.8 and §12.1.1: a Contact in what makes a dialog, exactly one.
  const makesDialog = message.method === "INVITE" &&
    (isRequest || (message.statusCode >= 200 && message.statusCode < 300));
  const contacts = message.getHeaders("Contact").length;
  if (makesDialog && contacts !== 1) {
    const section = isRequest ? "RFC 3261 §8.1.1.8" : "RFC 3261 §12.1.1";
    report(each, section, "one Contact", contacts === 0 ? "none" : `${contacts}`);
  }
}

/** §8.2.6.2: a response has the Via, From, Call-ID and CSeq of its request. */
function checkResponses(
  messages: readonly CapturedMessage[],
  transactions: readonly CapturedTransaction[],
  report: Report,
): void {
  const known = new Map(transactions.map((each) => [`${each.branch} ${each.method}`, each]));
  for (const each of messages) {
    const { message, to } = each;
    if (message.kind !== "response") continue;
    const transaction = known.get(`${message.viaBranch} ${message.method}`);
    if (transaction === undefined) {
      // Only where the request that it means has been seen.
      const meant = transactions.find(({ cseq, method, client }) =>
        cseq === message.cseq && method === message.method && client === to
      );
      if (meant === undefined) continue;
      report(
        each,
        "RFC 3261 §8.2.6.2",
        `Via's branch ${meant.branch}`,
        message.viaBranch ?? "none",
      );
      continue;
    }
    const request = transaction.messages[0]?.message;
    if (request === undefined) continue;
    if (message.cseq !== request.cseq) {
      report(each, "RFC 3261 §8.2.6.2", `CSeq ${request.cseq}`, `${message.cseq}`);
    }
    if (message.fromTag !== request.fromTag) {
      report(
        each,
        "RFC 3261 §8.2.6.2",
        `From's tag ${request.fromTag ?? "none"}`,
        message.fromTag ?? "none",
      );
    }
  }
}

/** §12.2.1.1: "the CSeq sequence number MUST be incremented by one" with each request of a dialog. */
function checkSequence(transactions: readonly CapturedTransaction[], report: Report): void {
  const last = new Map<string, number>();
  for (const { messages, client, method } of transactions) {
    const [first] = messages;
    if (first === undefined || method === "CANCEL" || first.message.toTag === undefined) continue;
    const dialog = `${client} ${first.message.fromTag} ${first.message.toTag}`;
    const before = last.get(dialog);
    if (before !== undefined && first.message.cseq <= before) {
      report(
        first,
        "RFC 3261 §12.2.1.1",
        `a CSeq number above ${before}`,
        `${first.message.cseq}`,
      );
    }
    last.set(dialog, Math.max(before ?? 0, first.message.cseq));
  }
}

/** §17.2: a server transaction has one final response, and nothing provisional after it. */
function checkFinals({ messages, server, method }: CapturedTransaction, report: Report): void {
  let final: number | undefined;
  for (const each of messages) {
    const { message, from } = each;
    if (message.kind !== "response" || message.method !== method || from !== server) continue;
    const { statusCode } = message;
    if (final === undefined) {
      if (statusCode >= 200) final = statusCode;
      continue;
    }
    const isBranch = final < 300 && statusCode >= 200 && statusCode < 300;
    if (statusCode === final || isBranch) continue;
    report(each, "RFC 3261 §17.2", `nothing but the ${final} after it`, `${statusCode}`);
  }
}

/**
 * §17.1.1.2: "If an unreliable transport is being used, the client transaction MUST start timer A", and
 * over a reliable one it must not; §17.1.1.2, §17.1.2.2: no repetition after a final response.
 */
function checkRepetition(
  { messages, method, client, isReliable }: CapturedTransaction,
  report: Report,
): void {
  let count = 0;
  let isAnswered = false;
  const section = method === "INVITE" ? "RFC 3261 §17.1.1.2" : "RFC 3261 §17.1.2.2";
  for (const each of messages) {
    const { message, from } = each;
    if (message.kind === "response") {
      isAnswered ||= message.statusCode >= (method === "INVITE" ? 100 : 200);
      continue;
    }
    if (message.method !== method || from !== client || ++count === 1) continue;
    if (isReliable) report(each, section, `one ${method} over a reliable transport`, `${count}`);
    else if (isAnswered) report(each, section, `no ${method} after its response`, "one more");
  }
}

/** §9.1: no CANCEL before a provisional response, and none after a final one. */
function checkCancel({ messages, method }: CapturedTransaction, report: Report): void {
  if (method !== "INVITE") return;
  let status = 0;
  for (const each of messages) {
    const { message } = each;
    if (message.kind === "response") {
      if (message.method === "INVITE") status = Math.max(status, message.statusCode);
    } else if (message.method === "CANCEL") {
      if (status === 0) {
        report(each, "RFC 3261 §9.1", "a provisional response before the CANCEL", "none");
      }
      return;
    }
  }
}

/** Every final response to an INVITE has an ACK; a 2xx is repeated until it comes. */
function checkAck(
  { messages, cseq, client, server, branch }: CapturedTransaction,
  all: readonly CapturedMessage[],
  end: number,
  report: Report,
): void {
  const finals = messages.filter(({ message, from }) =>
    message.kind === "response" && message.method === "INVITE" && message.statusCode >= 200 &&
    from === server
  );
  const [final] = finals;
  if (final?.message.kind !== "response") return;
  const isAccept = final.message.statusCode < 300;
  const acks = all.filter(({ message, from }) =>
    message.kind === "request" && message.method === "ACK" && message.cseq === cseq &&
    from === client
  );
  for (const ack of acks) {
    const isSame = ack.message.viaBranch === branch;
    // §17.1.1.3: the ACK of a failure has the branch of its INVITE; §13.2.2.4: that of a 2xx is a
    // request of its own.
    if (isAccept && isSame) {
      report(ack, "RFC 3261 §13.2.2.4", "a branch of its own in the ACK to a 2xx", branch);
    } else if (!isAccept && !isSame) {
      report(ack, "RFC 3261 §17.1.1.3", `the branch ${branch}`, ack.message.viaBranch ?? "none");
    }
  }
  if (acks.length > 0 || end - final.entry.time < SILENCE) return;
  report(
    final,
    isAccept ? "RFC 3261 §13.2.2.4" : "RFC 3261 §17.1.1.3",
    `an ACK to the ${final.message.statusCode}`,
    `none in ${Math.round(end - final.entry.time)} ms`,
  );
  // §13.3.1.4: the 2xx "is passed to the transport with an interval that starts at T1 seconds and
  // doubles for each retransmission until it reaches T2 seconds", until the ACK comes.
  if (isAccept && finals.length === 1) {
    report(final, "RFC 3261 §13.3.1.4", "the 2xx again while no ACK comes", "it was sent once");
  }
}

/** The violations, a line each. */
export function violationsText(violations: readonly Violation[], begin: number): string {
  return violations.map(({ time, n, section, expected, found }) =>
    `${`${Math.round(time - begin)}`.padStart(6)}  entry ${n}, against ${section}: ` +
    shownText(`expected ${expected}, found ${found}`)
  ).join("\n");
}
