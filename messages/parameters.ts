/**
 * `;name=value`, as URIs and headers carry it (RFC 3261 §7.3.1, §19.1.1).
 *
 * @module
 */
import { every, VALUE } from "./characters.ts";
import { checkLine } from "./line.ts";
import { emptyRecord } from "./record.ts";
import { ownText } from "./own_text.ts";
import { quote, Scanner } from "./scanner.ts";

/** Parameters by their name in lower case; `null` where a name stands alone, as in `;lr`. */
export type ParameterValues = { [name: string]: string | null };

/** Parameters as they stand on the wire, each with its leading semicolon. */
export function printParameters(values: ParameterValues): string {
  let text = "";
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined) text += `;${name}`;
    else text += `;${name}=${every(VALUE, value) ? value : quote(value)}`;
  }
  return text;
}

/**
 * What a URI and a name-addr have in common: named parameters.
 *
 * The fields of this and of the other classes of which every message has some are `declare`d: what the
 * constructor sets anyway need not be defined as `undefined` before, which is a twelfth of parsing.
 */
export class Parameters {
  /** What came from the network and nobody has asked for yet; its grammar has been checked. */
  declare private unread: string | undefined;
  // Made when it is first needed: most URIs have none, and most parameters are never asked for.
  declare private values: ParameterValues | undefined;

  /** Takes parameters over; names are lowered, numbers printed, `undefined` left out. */
  constructor(parameters?: { [name: string]: string | number | null | undefined }) {
    this.unread = undefined;
    this.values = undefined;
    if (parameters === undefined) return;
    for (const name in parameters) this.setParam(name, parameters[name]);
  }

  /** The parameters, by their name in lower case. */
  get parameters(): ParameterValues {
    if (this.values === undefined) {
      this.values = this.unread === undefined ? emptyRecord() : this.readParameters(this.unread);
    }
    return this.values;
  }

  set parameters(values: ParameterValues) {
    this.values = values;
  }

  /** For the parser: keeps what came from the network, to be read when it is asked for. */
  keepParameters(text: string): void {
    this.unread = text;
  }

  /** Sets a parameter; `null` makes it one without a value, `undefined` changes nothing. */
  setParam(name: string, value: string | number | null | undefined): void {
    if (value === undefined) return;
    checkLine("parameter name", name);
    this.parameters[name.toLowerCase()] = value === null
      ? null
      : checkLine(`parameter ${name}`, `${value}`);
  }

  /** A parameter's value; `null` when it has none, `undefined` when it is not there. */
  getParam(name: string): string | null | undefined {
    return this.hasParams ? this.parameters[name.toLowerCase()] : undefined;
  }

  /** Whether a parameter is there, with or without a value. */
  hasParam(name: string): boolean {
    return this.hasParams && name.toLowerCase() in this.parameters;
  }

  /** Takes a parameter away and returns what it was. */
  deleteParam(name: string): string | null | undefined {
    const value = this.getParam(name);
    delete this.parameters[name.toLowerCase()];
    return value;
  }

  /** Takes every parameter away. */
  clearParams(): void {
    this.parameters = emptyRecord();
  }

  /** Takes those of another over. */
  protected copyParameters({ unread, values }: Parameters): void {
    if (unread !== undefined && values === undefined) this.unread = ownText(unread);
    else if (values !== undefined) this.values = Object.assign(Object.create(null), values);
  }

  /** Whether there can be any. */
  protected get hasParams(): boolean {
    return this.values !== undefined || this.unread !== undefined;
  }

  /** Reads what came from the network. */
  protected readParameters(text: string): ParameterValues {
    return new Scanner(text).parameters();
  }
}
