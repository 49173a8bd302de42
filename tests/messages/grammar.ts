/**
 * Well-formed pieces of messages at random, from the grammar of RFC 3261 §25.1: what stands on the
 * wire, and what it means.
 *
 * @module
 */

/** A piece of a message. */
export interface Piece<T> {
  /** As it stands on the wire. */
  text: string;
  /** What it means. */
  means: T;
}

/** An address as it is meant. */
export interface Address {
  display: string;
  uri: string;
  parameters: Record<string, string | null>;
}

/** A Via as it is meant. */
export interface Hop {
  transport: string;
  host: string;
  port: number | undefined;
  parameters: Record<string, string | null>;
}

const ALPHANUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BEYOND_ASCII = [..."éßЖ停電\u{1f4de}\u{10ffff}\u00a0\ufeff\u2028"];

/** Makes pieces; the same ones for the same random numbers. */
export class Grammar {
  readonly below: (limit: number) => number;

  constructor(below: (limit: number) => number) {
    this.below = below;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  some(alphabet: string, least: number, most: number): string {
    const length = least + this.below(most - least + 1);
    return Array.from({ length }, () => alphabet.charAt(this.below(alphabet.length))).join("");
  }

  anyCase(name: string): string {
    return [...name].map((letter) => this.chance(50) ? letter.toUpperCase() : letter.toLowerCase())
      .join("");
  }

  lws(): string {
    return this.pick([" ", " ", "\t", "  \t", "\r\n ", " \r\n\t ", "\t\r\n  "]);
  }

  sws(): string {
    return this.chance(70) ? "" : this.lws();
  }

  around(separator: string): string {
    return this.sws() + separator + this.sws();
  }

  token(): string {
    return this.some(`${ALPHANUM}-.!%*_+\`'~`, 1, 12);
  }

  callId(): string {
    const word = () => this.some(`${ALPHANUM}-.!%*_+\`'~()<>:\\"/[]?{}`, 1, 20);
    return this.chance(50) ? word() : `${word()}@${word()}`;
  }

  /** What stands between the quotes neither begins nor ends with white space. */
  quoted(): Piece<string> {
    const edge = () => this.pick([this.plain(), this.plain(), this.pair(), this.beyond()]);
    const pieces = this.chance(10) ? [] : [edge()];
    for (let count = this.below(8); pieces.length > 0 && count > 0; count--) {
      if (this.chance(15)) pieces.push({ text: this.pick(["\r\n ", " \r\n\t"]), means: " " });
      else if (this.chance(18)) pieces.push({ text: "  ", means: "  " }, edge());
      pieces.push(edge());
    }
    return {
      text: `"${pieces.map(({ text }) => text).join("")}"`,
      means: pieces.map(({ means }) => means).join(""),
    };
  }

  private plain(): Piece<string> {
    const text = this.some(`${ALPHANUM}!#$%&'()*+,-./:;<=>?@[]^_\`{|}~`, 1, 5);
    return { text, means: text };
  }

  private pair(): Piece<string> {
    let code = this.below(128);
    if (code === 0x0a || code === 0x0d || code === 0x20 || code === 0x09) code = 0;
    const means = String.fromCharCode(code);
    return { text: `\\${means}`, means };
  }

  private beyond(): Piece<string> {
    const text = `${this.pick(["é", ...BEYOND_ASCII])}x`;
    return { text: `x${text}`, means: `x${text}` };
  }

  escaped(): string {
    return `%${this.some("0123456789abcdefABCDEF", 2, 2)}`;
  }

  host(): string {
    const hex = (): string => this.some("0123456789abcdefABCDEF", 1, 4);
    const ipv4 = (): string => Array.from({ length: 4 }, () => this.below(256)).join(".");
    return this.pick<() => string>([
      () => `${this.some(ALPHANUM, 1, 8)}.${this.some(ALPHANUM, 1, 8)}-x.example`,
      () => "a",
      ipv4,
      () => `[${Array.from({ length: 8 }, hex).join(":")}]`,
      () => `[${hex()}::${hex()}]`,
      () => `[::ffff:${ipv4()}]`,
      () => "[::]",
    ])();
  }

  uri(): string {
    return this.chance(80) ? this.sipUri(true) : this.pick([
      `tel:+${this.some("0123456789-.()", 1, 12)}1;ext=${this.below(100)}`,
      `tel:${this.below(10000)};phone-context=example.com`,
      "urn:service:sos.fire",
      `http://${this.host()}/${this.some(ALPHANUM, 1, 5)};a?b=c,d&e`,
      "mailto:a@b.example?subject=x%20y",
    ]);
  }

  sipUri(withHeaders: boolean): string {
    const pieces = (alphabet: string) =>
      this.some(alphabet, 1, 8) + (this.chance(30) ? this.escaped() : "");
    let text = this.pick(["sip:", "sips:"]);
    if (this.chance(80)) {
      text += pieces(`${ALPHANUM}-_.!~*'()&=+$,;?/`);
      if (this.chance(20)) text += `:${this.chance(20) ? "" : pieces(`${ALPHANUM}-_.!~*'()&=+$,`)}`;
      text += "@";
    }
    text += this.host();
    if (this.chance(40)) text += `:${this.below(65536)}`;
    for (let i = this.below(4); i > 0; i--) {
      text += `;p${i}${this.some(`${ALPHANUM.toLowerCase()}-_.`, 0, 4).toLowerCase()}`;
      if (this.chance(60)) text += `=${pieces(`${ALPHANUM}-_.!~*'()[]/:&+$`)}`;
    }
    if (withHeaders && this.chance(20)) text += `?a=${pieces(`${ALPHANUM}[]/?:+$`)}&b=`;
    return text;
  }

  parameters(): Piece<Record<string, string | null>> {
    const means: Record<string, string | null> = {};
    let text = "";
    for (let i = this.below(4); i > 0; i--) {
      const name = `p${i}${this.some(`${ALPHANUM}-.!%*_+`, 0, 4)}`;
      const value = this.pick<() => Piece<string | null>>([
        () => ({ text: "", means: null }),
        () => this.quoted(),
        () => {
          const token = this.pick([this.token(), this.host()]);
          return { text: token, means: token };
        },
      ])();
      means[name.toLowerCase()] = value.means;
      text += this.around(";") + name;
      if (value.means !== null) text += this.around("=") + value.text;
    }
    return { text, means };
  }

  address(tag?: string): Piece<Address> {
    const parameters = this.parameters();
    let { text: tail } = parameters;
    if (tag !== undefined) {
      parameters.means["tag"] = tag;
      tail += `${this.around(";")}${this.anyCase("tag")}${this.around("=")}${tag}`;
    }
    const of = (text: string, display: string, uri: string) => ({
      text: text + tail,
      means: { display, uri, parameters: parameters.means },
    });
    if (this.chance(20)) {
      // "If the URI contains a comma, question mark or semicolon" it needs the brackets.
      const bare = `sip:${this.some(`${ALPHANUM}-_.!~*'()&=+$`, 1, 6)}@${this.host()}`;
      return of(bare, "", bare);
    }
    const uri = this.uri();
    const display = this.pick<() => Piece<string>>([
      () => ({ text: "", means: "" }),
      () => this.quoted(),
      () => {
        const words = Array.from({ length: 1 + this.below(3) }, () => this.token()).join(" ");
        return { text: `${words} `, means: words };
      },
    ])();
    return of(`${display.text}${this.sws()}<${uri}>`, display.means, uri);
  }

  via(branch: string): Piece<Hop> {
    const parameters = this.parameters();
    const transport = this.pick(["UDP", "TCP", "TLS", "WSS", this.token()]);
    const host = this.host();
    const port = this.chance(50) ? this.below(65536) : undefined;
    const sentBy = port === undefined ? host : `${host}${this.around(":")}${port}`;
    parameters.means["branch"] = branch;
    return {
      text: `${this.anyCase("SIP")}${this.around("/")}2.0${this.around("/")}${transport}` +
        `${this.lws()}${sentBy}${parameters.text}${this.around(";")}branch${
          this.around("=")
        }${branch}`,
      means: { transport: transport.toUpperCase(), host, port, parameters: parameters.means },
    };
  }

  /** A header line, in any of the ways to write its name. */
  line(long: string, compact: string | undefined, value: string): string {
    const name = this.anyCase(compact !== undefined && this.chance(40) ? compact : long);
    return `${name}${this.pick(["", "", "", " ", "\t "])}:${this.sws()}${value}${this.sws()}`;
  }

  /** The lines of a list, cut into lines anywhere. */
  lines(long: string, compact: string | undefined, values: readonly string[]): string[] {
    const lines: string[] = [];
    let pending: string[] = [];
    values.forEach((value, i) => {
      pending.push(value);
      if (i < values.length - 1 && this.chance(50)) return;
      lines.push(
        this.line(long, compact, pending.reduce((all, each) => all + this.around(",") + each)),
      );
      pending = [];
    });
    return lines;
  }
}
