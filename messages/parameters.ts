/**
 * `;name=value`, as URIs and headers carry it (RFC 3261 §7.3.1, §19.1.1).
 *
 * @module
 */
import { every, isValue } from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";
import { quote } from "./scanner.ts";

/** Parameters by their name in lower case; `null` where a name stands alone, as in `;lr`. */
export type ParameterValues = { [name: string]: string | null };

/** Throws when a text from a program holds what would end a line on the wire. */
export function checkLine(field: string, text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x0d || code === 0x0a || code === 0) {
      const name = code === 0x0d ? "CR" : code === 0x0a ? "LF" : "NUL";
      throw new InvalidArgumentError(field, "text without CR, LF and NUL", `${name} at ${i}`);
    }
  }
  return text;
}

/** Parameters as they stand on the wire, each with its leading semicolon. */
export function printParameters(values: ParameterValues): string {
  let text = "";
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined) text += `;${name}`;
    else text += `;${name}=${every(value, isValue) ? value : quote(value)}`;
  }
  return text;
}

/** What a URI and a name-addr have in common: named parameters. */
export class Parameters {
  /** The parameters, by their name in lower case. */
  parameters: ParameterValues;

  /** Takes parameters over; names are lowered, numbers printed, `undefined` left out. */
  constructor(parameters: { [name: string]: string | number | null | undefined } = {}) {
    this.parameters = Object.create(null);
    for (const name in parameters) this.setParam(name, parameters[name]);
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
    return this.parameters[name.toLowerCase()];
  }

  /** Whether a parameter is there, with or without a value. */
  hasParam(name: string): boolean {
    return name.toLowerCase() in this.parameters;
  }

  /** Takes a parameter away and returns what it was. */
  deleteParam(name: string): string | null | undefined {
    const value = this.getParam(name);
    delete this.parameters[name.toLowerCase()];
    return value;
  }

  /** Takes every parameter away. */
  clearParams(): void {
    this.parameters = Object.create(null);
  }
}
