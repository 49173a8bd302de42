/**
 * Reads messages as they went over the wire: with a few regular expressions of its own, so that
 * what a test says about the engine's messages does not rest on the engine's parser.
 *
 * @module
 */

/** A message, cut just far enough to be compared. */
export interface WireMessage {
  /** The whole message. */
  readonly text: string;
  readonly startLine: string;
  /** The method of a request; of a response, the method in its CSeq. */
  readonly method: string;
  /** The status code of a response. */
  readonly status: number | undefined;
  /** The Request-URI of a request. */
  readonly ruri: string | undefined;
  /** The branch of the topmost Via. */
  readonly branch: string;
  readonly callId: string;
  readonly cseq: number;
  readonly fromTag: string;
  readonly toTag: string | undefined;
  /** The octets after the blank line. */
  readonly body: Uint8Array;
  /** The first value of a header, which is written in its long form. */
  header(name: string): string | undefined;
  /** Its values, line by line. */
  headers(name: string): readonly string[];
}

const decoder = new TextDecoder();

/** Where the blank line ends. */
function bodyStart(bytes: Uint8Array): number {
  for (let i = 3; i < bytes.length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) {
      return i + 1;
    }
  }
  throw new Error("a message has no blank line");
}

/** Reads a message; throws where it is none. */
export function readMessage(bytes: Uint8Array): WireMessage {
  const start = bodyStart(bytes);
  const [startLine = "", ...lines] = decoder.decode(bytes.subarray(0, start - 4)).split("\r\n");
  const values = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  const headers = (name: string): readonly string[] => values.get(name) ?? [];
  const header = (name: string): string | undefined => headers(name)[0];
  const need = (name: string): string => {
    const value = header(name);
    if (value === undefined) throw new Error(`no ${name} in: ${startLine}`);
    return value;
  };
  const tagOf = (name: string): string | undefined => /;tag=([^;]+)/.exec(need(name))?.[1];
  const status = /^SIP\/2\.0 (\d{3}) /.exec(startLine)?.[1];
  const [, cseq = "", method = ""] = /^(\d+) ([A-Z]+)$/.exec(need("CSeq")) ?? [];
  return {
    text: decoder.decode(bytes),
    startLine,
    method,
    status: status === undefined ? undefined : Number(status),
    ruri: /^[A-Z]+ (\S+) SIP\/2\.0$/.exec(startLine)?.[1],
    branch: /;branch=([^;,]+)/.exec(need("Via"))?.[1] ?? "",
    callId: need("Call-ID"),
    cseq: Number(cseq),
    fromTag: tagOf("From") ?? "",
    toTag: tagOf("To"),
    body: bytes.subarray(start),
    header,
    headers,
  };
}

/** `INVITE`, or `180 INVITE`. */
export function nameOf({ status, method }: WireMessage): string {
  return status === undefined ? method : `${status} ${method}`;
}
