/**
 * What went over the wire, read without any code of the engine: SIPp's log of messages, or what the
 * engine's `trace` was given.
 */

/** One message. */
export interface LoggedMessage {
  /** Whether the peer sent it; otherwise it is the engine's. */
  readonly isPeers: boolean;
  /** The message, one character an octet. */
  readonly text: string;
  /** The method of a request. */
  readonly method: string | undefined;
  /** The status code of a response. */
  readonly status: number | undefined;
  /** The Request-URI of a request. */
  readonly ruri: string | undefined;
  /** Header values by their names in lower case; those of one name are joined (RFC 3261 §7.3.1). */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const ENTRY = /^-{20,} .*\n\w+ message (?:(sent) \((\d+) bytes\)|received \[(\d+)\] bytes ):\n\n/gm;

/** Cuts SIPp's log into messages, by the lengths that it gives. */
export function parseMessageLog(log: Uint8Array): LoggedMessage[] {
  const text = latin1(log);
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

/** One character an octet. */
export function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** Reads one message. */
export function parseLoggedMessage(text: string, isPeers: boolean): LoggedMessage {
  const end = text.indexOf("\r\n\r\n");
  const [startLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const [first = "", second = ""] = startLine.split(" ");
  const isResponse = first === "SIP/2.0";
  return {
    isPeers,
    text,
    method: isResponse ? undefined : first,
    status: isResponse ? Number(second) : undefined,
    ruri: isResponse ? undefined : second,
    headers,
    body: text.slice(end + 4),
  };
}

/** The messages of each call, in the order in which they were seen. */
export function callsOf(messages: readonly LoggedMessage[]): Map<string, LoggedMessage[]> {
  const calls = new Map<string, LoggedMessage[]>();
  for (const message of messages) {
    const callId = message.headers.get("call-id") ?? "";
    const call = calls.get(callId);
    if (call === undefined) calls.set(callId, [message]);
    else call.push(message);
  }
  return calls;
}
