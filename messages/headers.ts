/**
 * The values of headers, each with the grammar of its own section in RFC 3261 §20 or of the RFC
 * that added it. One table, so that a new header is one line.
 *
 * @module
 */
import { CALL_ID, TIME, URI } from "./characters.ts";
import type { Fault } from "./fault.ts";
import { type NameAddrHeader, readNameAddr } from "./name_addr_header.ts";
import type { ParameterValues } from "./parameters.ts";
import { readAlone, type Scanner, skipComment } from "./scanner.ts";
import { skipEscaped } from "./uri.ts";
import { readVia, type ViaHeader } from "./via_header.ts";

/** RFC 3261 §8.1.1.5: "The sequence number value MUST be ... less than 2**31." */
export const MAX_CSEQ: number = 2 ** 31 - 1;
/** RFC 3261 §25.1: delta-seconds, RSeq and their like are 32 bits wide. */
const MAX_UINT32 = 2 ** 32 - 1;

/** CSeq: the number and method of a request (RFC 3261 §20.16). */
export interface CSeqHeader {
  /** The sequence number. */
  readonly number: number;
  /** The method. */
  readonly method: string;
}

/** RAck: which reliable provisional response a PRACK is for (RFC 3262 §7.2). */
export interface RAckHeader {
  /** The response's RSeq. */
  readonly rseq: number;
  /** The number in its CSeq. */
  readonly cseq: number;
  /** The method in its CSeq. */
  readonly method: string;
}

/** A value with parameters: Content-Disposition, Event, Reason, Accept and their like. */
export interface ParameterizedValue {
  /** The value, in lower case where case does not count. */
  readonly value: string;
  /** Its parameters. */
  readonly parameters: ParameterValues;
}

/** A challenge, credentials, or what is told after authentication (RFC 3261 §20.27, §20.44). */
export interface AuthenticationHeader {
  /** The scheme in lower case, `digest`; empty for Authentication-Info. */
  readonly scheme: string;
  /** `name=value`, with quotes and escapes resolved. */
  readonly parameters: ParameterValues;
}

/** Retry-After (RFC 3261 §20.33). */
export interface RetryAfterHeader {
  /** After how many seconds. */
  readonly seconds: number;
  /** `duration`, and others. */
  readonly parameters: ParameterValues;
}

/** What each known header holds, by its long name; sections are RFC 3261's unless named. */
export interface HeaderValues {
  /** §20.1. */
  "Accept": ParameterizedValue[];
  /** §20.5. */
  "Allow": string[];
  /** RFC 6665 §8.2.2. */
  "Allow-Events": string[];
  /** §20.6. */
  "Authentication-Info": AuthenticationHeader[];
  /** §20.7. */
  "Authorization": AuthenticationHeader[];
  /** §20.9. */
  "Call-Info": ParameterizedValue[];
  /** §20.10; `*` removes all bindings. */
  "Contact": NameAddrHeader[] | "*";
  /** §20.11. */
  "Content-Disposition": ParameterizedValue;
  /** §20.12. */
  "Content-Encoding": string[];
  /** §20.14, in octets. */
  "Content-Length": number;
  /** §20.15. */
  "Content-Type": ParameterizedValue;
  /** §20.16. */
  "CSeq": CSeqHeader;
  /** §20.17. */
  "Date": Date;
  /** RFC 6665 §8.2.1. */
  "Event": ParameterizedValue;
  /** §20.19, in seconds. */
  "Expires": number;
  /** §20.20. */
  "From": NameAddrHeader;
  /** §20.21. */
  "In-Reply-To": string[];
  /** §20.22. */
  "Max-Forwards": number;
  /** §20.23, in seconds. */
  "Min-Expires": number;
  /** RFC 4028 §5, in seconds. */
  "Min-SE": ParameterizedValue;
  /** RFC 3327 §4. */
  "Path": NameAddrHeader[];
  /** §20.27. */
  "Proxy-Authenticate": AuthenticationHeader[];
  /** RFC 7615 §4. */
  "Proxy-Authentication-Info": AuthenticationHeader[];
  /** §20.28. */
  "Proxy-Authorization": AuthenticationHeader[];
  /** §20.29. */
  "Proxy-Require": string[];
  /** RFC 3262 §7.2. */
  "RAck": RAckHeader;
  /** RFC 3326 §2. */
  "Reason": ParameterizedValue[];
  /** §20.30. */
  "Record-Route": NameAddrHeader[];
  /** RFC 4488 §4: `true` or `false`. */
  "Refer-Sub": ParameterizedValue;
  /** RFC 3515 §2.1. */
  "Refer-To": NameAddrHeader;
  /** RFC 3892 §3. */
  "Referred-By": NameAddrHeader;
  /** RFC 3891 §6.1. */
  "Replaces": ParameterizedValue;
  /** §20.31. */
  "Reply-To": NameAddrHeader;
  /** §20.32. */
  "Require": string[];
  /** §20.33. */
  "Retry-After": RetryAfterHeader;
  /** §20.34. */
  "Route": NameAddrHeader[];
  /** RFC 3262 §7.1. */
  "RSeq": number;
  /** RFC 3608 §5. */
  "Service-Route": NameAddrHeader[];
  /** RFC 4028 §4, in seconds. */
  "Session-Expires": ParameterizedValue;
  /** RFC 6665 §8.2.3. */
  "Subscription-State": ParameterizedValue;
  /** §20.37. */
  "Supported": string[];
  /** RFC 4538 §7. */
  "Target-Dialog": ParameterizedValue;
  /** §20.39. */
  "To": NameAddrHeader;
  /** §20.40. */
  "Unsupported": string[];
  /** §20.42. */
  "Via": ViaHeader[];
  /** §20.44. */
  "WWW-Authenticate": AuthenticationHeader[];
}

function readCSeq(scanner: Scanner): CSeqHeader {
  const number = scanner.number(MAX_CSEQ, "a sequence number");
  scanner.skipLws();
  return { number, method: scanner.token("a method") };
}

function readRAck(scanner: Scanner): RAckHeader {
  const rseq = scanner.number(MAX_UINT32, "a response number");
  scanner.skipLws();
  const cseq = readCSeq(scanner);
  return { rseq, cseq: cseq.number, method: cseq.method };
}

function readToken(scanner: Scanner): string {
  return scanner.token();
}

/** A token in lower case, then parameters. */
function readValue(scanner: Scanner): ParameterizedValue {
  const value = scanner.token("a value").toLowerCase();
  return { value, parameters: scanner.parameters() };
}

/** `type/subtype` in lower case, then parameters. */
function readMediaType(scanner: Scanner): ParameterizedValue {
  const type = scanner.token("a media type").toLowerCase();
  scanner.expect("/");
  const value = `${type}/${scanner.token("a media subtype").toLowerCase()}`;
  return { value, parameters: scanner.parameters() };
}

/** RFC 6665 §8.2.1: event types are compared "byte-by-byte", so that case counts. */
function readEvent(scanner: Scanner): ParameterizedValue {
  return { value: scanner.token("an event type"), parameters: scanner.parameters() };
}

/** A Call-ID, then parameters (RFC 3891 §6.1, RFC 4538 §7): a word ends where `;` begins. */
function readReplaces(scanner: Scanner): ParameterizedValue {
  const value = scanner.run(CALL_ID, "a Call-ID");
  return { value, parameters: scanner.parameters() };
}

function readInfo(scanner: Scanner): ParameterizedValue {
  scanner.expect("<");
  const start = scanner.pos;
  scanner.pos = skipEscaped(URI, scanner.codes, start, scanner.end);
  if (scanner.pos === start) scanner.fail("a URI");
  const value = scanner.text.slice(start, scanner.pos);
  scanner.expect(">");
  return { value, parameters: scanner.parameters() };
}

function readContact(scanner: Scanner): NameAddrHeader[] | "*" {
  // A display name may begin with an asterisk, too.
  const isStar = scanner.peek() === 0x2a && scanner.pos + 1 === scanner.end;
  return isStar && scanner.take("*") ? "*" : scanner.list(readNameAddr);
}

function readCredentials(scanner: Scanner): AuthenticationHeader[] {
  const scheme = scanner.token("an authentication scheme").toLowerCase();
  scanner.skipLws();
  const parameters: ParameterValues = Object.create(null);
  readAuthenticationParameters(scanner, parameters);
  return [{ scheme, parameters }];
}

/**
 * §7.3.1: challenges "MUST NOT be combined into a single header field row". Who does so even so, as
 * in HTTP, is understood: what follows a comma and has no value is the next scheme.
 */
function readChallenges(scanner: Scanner): AuthenticationHeader[] {
  const challenges: AuthenticationHeader[] = [];
  let scheme: string | undefined = scanner.token("an authentication scheme");
  while (scheme !== undefined) {
    scanner.skipLws();
    const parameters: ParameterValues = Object.create(null);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    readAuthenticationParameter(scanner, parameters, scanner.token("a parameter's name"));
    scheme = undefined;
    while (scheme === undefined && scanner.take(",")) {
      const word = scanner.token("a parameter's name");
      scanner.skipLws();
      if (scanner.peek() === 0x3d) readAuthenticationParameter(scanner, parameters, word);
      else scheme = word;
    }
  }
  return challenges;
}

function readInfoAfterAuthentication(scanner: Scanner): AuthenticationHeader[] {
  const parameters: ParameterValues = Object.create(null);
  readAuthenticationParameters(scanner, parameters);
  return [{ scheme: "", parameters }];
}

function readAuthenticationParameters(scanner: Scanner, parameters: ParameterValues): void {
  do {
    readAuthenticationParameter(scanner, parameters, scanner.token("a parameter's name"));
  } while (scanner.take(","));
}

function readAuthenticationParameter(
  scanner: Scanner,
  parameters: ParameterValues,
  name: string,
): void {
  scanner.expect("=");
  parameters[name.toLowerCase()] = scanner.peek() === 0x22
    ? scanner.quotedString()
    : scanner.run(CALL_ID, "a value");
}

function readRetryAfter(scanner: Scanner): RetryAfterHeader {
  const seconds = scanner.number(MAX_UINT32, "seconds");
  scanner.skipLws();
  if (scanner.peek() === 0x28) scanner.pos = skipComment(scanner.codes, scanner.pos, scanner.end);
  return { seconds, parameters: scanner.parameters() };
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** RFC 3261 §20.17: "SIP restricts the time zone in SIP-date to "GMT"". */
function readDate(scanner: Scanner): Date {
  if (!DAYS.includes(scanner.token("a day of the week"))) scanner.fail("a day of the week before");
  scanner.expect(",");
  const day = scanner.number(31, "a day of the month");
  scanner.skipLws();
  const month = MONTHS.indexOf(scanner.token("a month"));
  if (month < 0) scanner.fail("a month before this");
  scanner.skipLws();
  const year = scanner.number(9999, "a year");
  scanner.skipLws();
  const clock = scanner.run(TIME, "a time of day");
  const [hours = 99, minutes = 99, seconds = 99] = clock.split(":").map(Number);
  if (!/^\d\d:\d\d:\d\d$/.test(clock) || hours > 23 || minutes > 59 || seconds > 60) {
    scanner.fail("hh:mm:ss before this");
  }
  scanner.skipLws();
  if (scanner.peek() !== 0x47 || scanner.token("GMT") !== "GMT") scanner.fail("GMT");
  return new Date(Date.UTC(year, month, day, hours, minutes, seconds));
}

const seconds = (scanner: Scanner): number => scanner.number(MAX_UINT32, "seconds");
const list = <T>(read: (scanner: Scanner) => T) => (scanner: Scanner): T[] => scanner.list(read);
/** `#token`, which may be empty: a Supported or Allow that names nothing. */
const tokens = (scanner: Scanner): string[] => {
  scanner.skipLws();
  return scanner.peek() < 0 ? [] : scanner.list(readToken);
};

/** How the values of each header are read. A list is read from every line that it stands in. */
export const readers: { [N in keyof HeaderValues]: (scanner: Scanner) => HeaderValues[N] } = {
  "Accept": (scanner) => (scanner.skipLws(), scanner.peek() < 0 ? [] : scanner.list(readMediaType)),
  "Allow": tokens,
  "Allow-Events": tokens,
  "Authentication-Info": readInfoAfterAuthentication,
  "Authorization": readCredentials,
  "Call-Info": list(readInfo),
  "Contact": readContact,
  "Content-Disposition": readValue,
  "Content-Encoding": tokens,
  "Content-Length": (scanner) => scanner.number(Number.MAX_SAFE_INTEGER, "a length"),
  "Content-Type": readMediaType,
  "CSeq": readCSeq,
  "Date": readDate,
  "Event": readEvent,
  "Expires": seconds,
  "From": readNameAddr,
  "In-Reply-To": list((scanner) => scanner.run(CALL_ID, "a Call-ID")),
  "Max-Forwards": (scanner) => scanner.number(255, "a number of hops"),
  "Min-Expires": seconds,
  "Min-SE": readValue,
  "Path": list(readNameAddr),
  "Proxy-Authenticate": readChallenges,
  "Proxy-Authentication-Info": readInfoAfterAuthentication,
  "Proxy-Authorization": readCredentials,
  "Proxy-Require": tokens,
  "RAck": readRAck,
  "Reason": list(readValue),
  "Record-Route": list(readNameAddr),
  "Refer-Sub": readValue,
  "Refer-To": readNameAddr,
  "Referred-By": readNameAddr,
  "Replaces": readReplaces,
  "Reply-To": readNameAddr,
  "Require": tokens,
  "Retry-After": readRetryAfter,
  "Route": list(readNameAddr),
  "RSeq": (scanner) => scanner.number(MAX_UINT32, "a response number"),
  "Service-Route": list(readNameAddr),
  "Session-Expires": readValue,
  "Subscription-State": readValue,
  "Supported": tokens,
  "Target-Dialog": readReplaces,
  "To": readNameAddr,
  "Unsupported": tokens,
  "Via": list(readVia),
  "WWW-Authenticate": readChallenges,
};

/** Reads the value of a header that a program wrote, or says what is wrong with it. */
export function parseHeaderValue<N extends keyof HeaderValues>(
  name: N,
  text: string,
): HeaderValues[N] | Fault {
  return readAlone(text, readers[name] as (scanner: Scanner) => HeaderValues[N]);
}
