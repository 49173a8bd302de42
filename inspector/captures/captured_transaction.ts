/**
 * The messages of a capture, transaction by transaction: what a client and a server have sent to each
 * other under one branch (RFC 3261 §17).
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  parseMessage,
} from "../../messages/mod.ts";
import type { MessageEntry } from "../entry.ts";
import { flightsOf } from "../flights.ts";
import { addressOf } from "../ladders/participants.ts";
import type { RecordedCall } from "../recording.ts";

/** A message that could be read. */
export interface CapturedMessage {
  readonly entry: MessageEntry;
  readonly from: string;
  readonly to: string;
  readonly message: IncomingRequestMessage | IncomingResponseMessage;
}

/** What has gone to and fro under one branch. */
export interface CapturedTransaction {
  readonly method: string;
  readonly branch: string;
  readonly cseq: number;
  readonly callId: string;
  /** Who asks, and who is asked. */
  readonly client: string;
  readonly server: string;
  readonly isReliable: boolean;
  /** In order; with the ACK to a failure and the CANCEL, where it is an INVITE. */
  readonly messages: CapturedMessage[];
}

/** The messages of a call that can be read, in order; each of them once. */
export function messagesOf(call: RecordedCall): CapturedMessage[] {
  return flightsOf(call.entries).flatMap(({ message: entry }) => {
    const message = parseMessage(entry.octets);
    if (message.kind === "fault") return [];
    const [from, to] = [addressOf(entry.source), addressOf(entry.destination)];
    return [{ entry, from, to, message }];
  });
}

/** The transactions that begin within a capture. */
export function transactionsOf(messages: readonly CapturedMessage[]): CapturedTransaction[] {
  const found = new Map<string, CapturedTransaction>();
  for (const each of messages) {
    const { message, from, to, entry } = each;
    const { viaBranch: branch = "", method, callId, cseq } = message;
    const isOfInvite = method === "ACK" || (method === "CANCEL" && message.kind === "request");
    const known = found.get(`${branch} ${isOfInvite ? "INVITE" : method}`);
    if (known !== undefined) known.messages.push(each);
    if (message.kind !== "request" || method === "ACK") continue;
    if (known !== undefined && !(method === "CANCEL" && known.method === "INVITE")) continue;
    const key = `${branch} ${method}`;
    if (found.has(key)) found.get(key)?.messages.push(each);
    else {
      found.set(key, {
        method,
        branch,
        cseq,
        callId,
        client: from,
        server: to,
        isReliable: entry.protocol !== "UDP",
        messages: [each],
      });
    }
  }
  return [...found.values()];
}
