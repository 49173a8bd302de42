/**
 * What bodies are understood here, and what is answered to others (RFC 3261 §8.2.3). A body is opaque
 * to the engine: what is in it, only the program can know.
 *
 * @module
 */
import {
  checkHeaderLine,
  Fault,
  type IncomingRequestMessage,
  type ResponseOptions,
} from "../../messages/mod.ts";

/**
 * What bodies a program understands.
 *
 * @example Session descriptions, alone or with other parts, and text messages
 * ```ts
 * import type { AcceptedContent } from "@strowger/sip";
 *
 * const content: AcceptedContent = {
 *   types: { INVITE: ["application/sdp", "multipart/mixed"], MESSAGE: ["text/*"] },
 *   languages: ["en", "de"],
 * };
 * ```
 */
export interface AcceptedContent {
  /**
   * Media types (`text/plain`, `text/*`) by method. INVITE takes `application/sdp` unless it is named
   * here; another method that is not named takes every type, and leaves it to the program.
   */
  readonly types?: { readonly [method: string]: readonly string[] };
  /** Content encodings; `identity`, and so none, by default. */
  readonly encodings?: readonly string[];
  /** Languages (`en`, which includes `en-GB`); every one by default. */
  readonly languages?: readonly string[];
}

const DEFAULT_TYPES: AcceptedContent["types"] = { INVITE: ["application/sdp"] };
const DEFAULT_ENCODINGS = ["identity"];

/** The media types that are understood in a method, or `undefined` where it is every one. */
function typesOf(content: AcceptedContent, method: string): readonly string[] | undefined {
  return content.types?.[method] ?? DEFAULT_TYPES?.[method];
}

/** Whether `range`, which may end in an asterisk, includes a media type. */
function includesType(range: string, type: string): boolean {
  const [wanted, given] = [range.toLowerCase(), type.toLowerCase()];
  if (wanted === given || wanted === "*/*") return true;
  return wanted.endsWith("/*") && given.startsWith(wanted.slice(0, -1));
}

function includesLanguage(range: string, language: string): boolean {
  const [wanted, given] = [range.toLowerCase(), language.toLowerCase()];
  return wanted === "*" || wanted === given || given.startsWith(`${wanted}-`);
}

function acceptLine(types: readonly string[]): string {
  return `Accept: ${types.join(", ")}`;
}

function encodingLine({ encodings = DEFAULT_ENCODINGS }: AcceptedContent): string {
  return `Accept-Encoding: ${encodings.join(", ")}`;
}

function languageLine({ languages = ["*"] }: AcceptedContent): string {
  return `Accept-Language: ${languages.join(", ")}`;
}

/** Throws for what could not be said in Accept, Accept-Encoding and Accept-Language. */
export function checkContent(content: AcceptedContent): AcceptedContent {
  for (const types of Object.values(content.types ?? {})) {
    checkHeaderLine("content.types", acceptLine(types));
  }
  checkHeaderLine("content.encodings", encodingLine(content));
  checkHeaderLine("content.languages", languageLine(content));
  return content;
}

/** What an answer to OPTIONS says of bodies: those of an INVITE (§11.2). */
export function acceptLines(content: AcceptedContent): string[] {
  const types = typesOf(content, "INVITE") ?? ["*/*"];
  return [acceptLine(types), encodingLine(content), languageLine(content)];
}

/**
 * §8.2.3: "If there are any bodies whose type ..., language ... or encoding ... are not understood,
 * and that body part is not optional (as indicated by the Content-Disposition header field), the UAS
 * MUST reject the request with a 415 (Unsupported Media Type) response."
 *
 * A multipart body is of the type that it says. Who sends one does so by §7.4.1 only "if the remote
 * implementation" has no Accept "that does not contain multipart", and learns of it so.
 */
export function refuseContent(
  request: IncomingRequestMessage,
  content: AcceptedContent,
): ResponseOptions | undefined {
  if (request.bodyBytes.length === 0) return undefined;
  const type = request.parseHeader("Content-Type");
  if (type === undefined || type instanceof Fault) {
    // §20.15: "The Content-Type header field MUST be present if the body is not empty."
    const found = type instanceof Fault ? `${type}` : "expected Content-Type beside a body";
    return { statusCode: 400, reasonPhrase: `Bad Request: ${found}` };
  }
  const disposition = request.parseHeader("Content-Disposition");
  const isOptional = disposition !== undefined && !(disposition instanceof Fault) &&
    disposition.parameters["handling"]?.toLowerCase() === "optional";
  if (isOptional) return undefined;
  const extraHeaders: string[] = [];
  const types = typesOf(content, request.method);
  // "The response MUST contain an Accept header field listing the types of all bodies it
  // understands, in the event the request contained bodies of types not supported by the UAS."
  if (types !== undefined && !types.some((each) => includesType(each, type.value))) {
    extraHeaders.push(acceptLine(types));
  }
  const { encodings = DEFAULT_ENCODINGS, languages } = content;
  const isDecodable = (encoding: string): boolean =>
    encodings.some((each) => each.toLowerCase() === encoding.toLowerCase());
  // "... an Accept-Encoding header field listing the encodings understood by the UAS."
  if (!request.getHeaders("Content-Encoding").every(isDecodable)) {
    extraHeaders.push(encodingLine(content));
  }
  const isReadable = (language: string): boolean =>
    languages === undefined || languages.some((each) => includesLanguage(each, language));
  // "... an Accept-Language header field indicating the languages understood by the UAS."
  if (!request.getHeaders("Content-Language").every(isReadable)) {
    extraHeaders.push(languageLine(content));
  }
  return extraHeaders.length === 0 ? undefined : { statusCode: 415, extraHeaders };
}

/**
 * §21.4.7: 406 where the answers that are possible here "have content characteristics not acceptable
 * according to the Accept header field sent in the request". Only the answer to an INVITE is known to
 * need a body: a session description, which is of a type that is understood, too. §20.1: "If no
 * Accept header field is present, the server SHOULD assume a default value of application/sdp", and
 * "An empty Accept header field means that no formats are acceptable."
 */
export function refuseAccept(
  request: IncomingRequestMessage,
  content: AcceptedContent,
): ResponseOptions | undefined {
  const accept = request.parseHeader("Accept");
  const types = typesOf(content, "INVITE");
  if (request.method !== "INVITE" || types === undefined) return undefined;
  // §8.2.2: "A UAS SHOULD ignore any malformed header fields that are not necessary".
  if (accept === undefined || accept instanceof Fault) return undefined;
  const ranges = accept.filter(({ parameters }) => Number(parameters["q"] ?? 1) !== 0);
  const isPossible = ranges.some(({ value }) =>
    types.some((type) => includesType(value, type) || includesType(type, value))
  );
  return isPossible ? undefined : { statusCode: 406 };
}
