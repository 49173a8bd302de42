/**
 * A message as lines of text that can be changed: what a scripted proxy works on.
 *
 * @module
 */
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** See the module. */
export class WireText {
  startLine: string;
  /** The header lines, `Name: value` each. */
  lines: string[];
  readonly body: string;

  constructor(startLine: string, lines: string[], body = "") {
    this.startLine = startLine;
    this.lines = lines;
    this.body = body;
  }

  /** Reads a message as it went over the wire. */
  static read(bytes: Uint8Array): WireText {
    const [head = "", ...rest] = decoder.decode(bytes).split("\r\n\r\n");
    const [startLine = "", ...lines] = head.split("\r\n");
    return new WireText(startLine, lines, rest.join("\r\n\r\n"));
  }

  /** The method of a request, or of the request that a response is for. */
  get method(): string {
    return this.get("CSeq").split(" ")[1] ?? "";
  }

  /** The status code of a response; of a request 0. */
  get status(): number {
    return Number(/^SIP\/2\.0 (\d{3})/.exec(this.startLine)?.[1] ?? 0);
  }

  /** The Request-URI of a request. */
  get ruri(): string {
    return this.startLine.split(" ")[1] ?? "";
  }

  set ruri(uri: string) {
    this.startLine = `${this.startLine.split(" ")[0]} ${uri} SIP/2.0`;
  }

  /** The branch of the topmost Via. */
  get branch(): string {
    return /;branch=([^;,\s]+)/.exec(this.get("Via"))?.[1] ?? "";
  }

  /** Every value of a header that is a list; one with commas inside its values has one a line. */
  all(name: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  }

  /** The first value. */
  get(name: string): string {
    return this.all(name)[0] ?? "";
  }

  /** Adds a line before all others of its name. */
  push(name: string, value: string): void {
    const at = this.lines.findIndex((line) => line.startsWith(`${name}:`));
    this.lines.splice(at < 0 ? 1 : at, 0, `${name}: ${value}`);
  }

  /** Takes the first line of a name away. */
  pop(name: string): void {
    const at = this.lines.findIndex((line) => line.startsWith(`${name}:`));
    if (at >= 0) this.lines.splice(at, 1);
  }

  /** A copy that can be changed by itself. */
  copy(): WireText {
    return new WireText(this.startLine, [...this.lines], this.body);
  }

  /** A response to it, with what RFC 3261 §8.2.6.2 says has to be the same. */
  respond(status: string, more: readonly string[] = []): WireText {
    const names = ["Via", "From", "To", "Call-ID", "CSeq"];
    const lines = names.flatMap((name) => this.all(name).map((value) => `${name}: ${value}`));
    return new WireText(`SIP/2.0 ${status}`, [...lines, ...more, "Content-Length: 0"]);
  }

  /** A request of its transaction at the next hop: ACK to a failure, or CANCEL (§9.1, §17.1.1.3). */
  sibling(method: "ACK" | "CANCEL", to = this.get("To")): WireText {
    return new WireText(`${method} ${this.ruri} SIP/2.0`, [
      `Via: ${this.get("Via")}`,
      "Max-Forwards: 70",
      `From: ${this.get("From")}`,
      `To: ${to}`,
      `Call-ID: ${this.get("Call-ID")}`,
      `CSeq: ${this.get("CSeq").split(" ")[0]} ${method}`,
      ...this.all("Route").map((value) => `Route: ${value}`),
      "Content-Length: 0",
    ]);
  }

  /** The octets. */
  encode(): Uint8Array {
    return encoder.encode(`${this.startLine}\r\n${this.lines.join("\r\n")}\r\n\r\n${this.body}`);
  }
}
