/**
 * The errors that Strowger throws or reports: a closed set. Each says whose fault it is, and has a
 * `code` that programs can compare.
 *
 * @module
 */

/** Every value of {@linkcode StrowgerError.code}. */
export type ErrorCode =
  | "invalid-argument"
  | "invalid-state"
  | "protocol"
  | "timeout"
  | "transport"
  | "delegate"
  | "internal";

/** Who has to mend it: the program that called, the far end, what lies between, or this engine. */
export type ErrorOrigin = "caller" | "peer" | "network" | "engine";

/** What every error of Strowger has in common. */
export abstract class StrowgerError extends Error {
  /** Which error it is; one code a class. */
  abstract readonly code: ErrorCode;
  /** Whose fault it is. */
  abstract readonly origin: ErrorOrigin;
}

/** The program passed something that cannot go onto the wire, or that has no meaning there. */
export class InvalidArgumentError extends StrowgerError {
  /** Always `invalid-argument`. */
  override readonly code = "invalid-argument";
  /** Always the caller's. */
  override readonly origin = "caller";
  /** The class's name, as every Error has it. */
  override readonly name = "InvalidArgumentError";
  /** The argument, header or field that was refused. */
  readonly field: string;

  /** Says which field was refused, what was expected there, and what was found. */
  constructor(field: string, expected: string, found: string) {
    super(`${field}: expected ${expected}, found ${found}`);
    this.field = field;
  }
}

/** The call makes no sense in the state that the request or session is in. */
export class InvalidStateError extends StrowgerError {
  /** Always `invalid-state`. */
  override readonly code = "invalid-state";
  /** Always the caller's. */
  override readonly origin = "caller";
  /** The class's name, as every Error has it. */
  override readonly name = "InvalidStateError";
}

/** The peer sent what the RFC does not allow. Reported, never thrown at a caller. */
export class ProtocolError extends StrowgerError {
  /** Always `protocol`. */
  override readonly code = "protocol";
  /** Always the peer's. */
  override readonly origin = "peer";
  /** The class's name, as every Error has it. */
  override readonly name = "ProtocolError";
}

/** Something that had to come did not come in time: an ACK, say. Reported, never thrown. */
export class TimeoutError extends StrowgerError {
  /** Always `timeout`. */
  override readonly code = "timeout";
  /** Always the network's. */
  override readonly origin = "network";
  /** The class's name, as every Error has it. */
  override readonly name = "TimeoutError";
}

/** A message could not be sent, or its connection was lost. */
export class TransportError extends StrowgerError {
  /** Always `transport`. */
  override readonly code = "transport";
  /** Always the network's. */
  override readonly origin = "network";
  /** The class's name, as every Error has it. */
  override readonly name = "TransportError";
}

/** A delegate threw, or its promise was rejected; `cause` is what it threw. */
export class DelegateError extends StrowgerError {
  /** Always `delegate`. */
  override readonly code = "delegate";
  /** Always the caller's. */
  override readonly origin = "caller";
  /** The class's name, as every Error has it. */
  override readonly name = "DelegateError";
}

/**
 * The engine itself is wrong; `cause` is what it stumbled over. Reported instead of thrown, so that
 * one message cannot end the process with all its other calls.
 */
export class InternalError extends StrowgerError {
  /** Always `internal`. */
  override readonly code = "internal";
  /** Always the engine's. */
  override readonly origin = "engine";
  /** The class's name, as every Error has it. */
  override readonly name = "InternalError";
}
