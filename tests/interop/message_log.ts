/**
 * What SIPp saw: its log of messages, read without any code of the engine.
 */

/** One message in SIPp's log. */
export interface LoggedMessage {
  /** Whether SIPp sent it; otherwise it is the engine's. */
  readonly isSipps: boolean;
  /** The message, one character an octet. */
  readonly text: string;
  /** The method of a request. */
  readonly method: string | undefined;
  /** The status code of a response. */
  readonly status: number | undefined;
  /** The Request-URI of a request. */
  readonly ruri: string | undefined;
  /** Header values by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const ENTRY = /^-{20,} .*\n\w+ message (?:(sent) \((\d+) bytes\)|received \[(\d+)\] bytes ):\n\n/gm;

/** Cuts a log into messages, by the lengths that SIPp gives. */
export function parseMessageLog(log: Uint8Array): LoggedMessage[] {
  const text = new TextDecoder("latin1").decode(log);
  const messages: LoggedMessage[] = [];
  for (const entry = new RegExp(ENTRY);;) {
    const found = entry.exec(text);
    if (found === null) return messages;
    const length = Number(found[2] ?? found[3]);
    const start = entry.lastIndex;
    entry.lastIndex += length;
    messages.push(parseLoggedMessage(text.slice(start, start + length), found[1] !== undefined));
  }
}

/** Reads one message. */
export function parseLoggedMessage(text: string, isSipps: boolean): LoggedMessage {
  const end = text.indexOf("\r\n\r\n");
  const [startLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const [first = "", second = ""] = startLine.split(" ");
  const isResponse = first === "SIP/2.0";
  return {
    isSipps,
    text,
    method: isResponse ? undefined : first,
    status: isResponse ? Number(second) : undefined,
    ruri: isResponse ? undefined : second,
    headers,
    body: text.slice(end + 4),
  };
}

/** The messages of each call, in the order in which SIPp saw them. */
export function callsOf(messages: LoggedMessage[]): Map<string, LoggedMessage[]> {
  const calls = new Map<string, LoggedMessage[]>();
  for (const message of messages) {
    const callId = message.headers.get("call-id") ?? "";
    const call = calls.get(callId);
    if (call === undefined) calls.set(callId, [message]);
    else call.push(message);
  }
  return calls;
}
