/**
 * Whom a certificate is for: its SIP domains (RFC 5922 §7).
 *
 * The names are read from the certificate itself. The one line that runtimes make of them cannot
 * tell a name with a comma from two names.
 *
 * @module
 */
import { Fault } from "../messages/fault.ts";
import { parseUri } from "../messages/uri.ts";

/** What a subjectAltName has, as far as it is of use here; in lower case. */
interface AlternativeNames {
  readonly uris: string[];
  readonly dnsNames: string[];
  readonly addresses: string[];
}

/** One element of DER: its tag, and its content. */
interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
/** `[3] EXPLICIT`: the extensions of a certificate (RFC 5280 §4.1). */
const EXTENSIONS = 0xa3;
/** 2.5.29.17. */
const SUBJECT_ALT_NAME = "55 1d 11";
/** The choices of a GeneralName that are of use here (RFC 5280 §4.2.1.6). */
const DNS_NAME = 0x82;
const UNIFORM_RESOURCE_IDENTIFIER = 0x86;
const IP_ADDRESS = 0x87;

/**
 * The SIP domains that a certificate is for, in lower case. RFC 5922 §7.1: the hosts of `sip:` URIs
 * without a user; its DNS names, if there is none of those. Addresses, of which the RFC does not
 * speak, are for those who ask for an address. The common name, which it allows for the sake of old
 * certificates, is not read; wildcards are no names (§7.2).
 */
export function sipIdentities(certificate: Uint8Array): string[] {
  const { uris, dnsNames, addresses } = alternativeNames(certificate);
  const hosts = uris.flatMap((uri) => domainOf(uri) ?? []);
  const domains = hosts.length > 0 ? hosts : dnsNames;
  return [...domains.filter((domain) => !domain.includes("*")), ...addresses];
}

/** What is wrong with a certificate of whom is asked for as `name`, in lower case; or nothing. */
export function identityProblem(certificate: Uint8Array, name: string): string | undefined {
  const identities = sipIdentities(certificate);
  const bare = name.startsWith("[") ? name.slice(1, -1) : name;
  const wanted = bare.includes(":") ? compressed(bare) : bare;
  // §7.2: "Implementations MUST match the values in their entirety".
  if (identities.includes(wanted)) return undefined;
  const { dnsNames } = alternativeNames(certificate);
  const wildcards = dnsNames.filter((each) => each.includes("*"));
  const found = [...identities, ...wildcards].join(", ") || "no SIP domain";
  const rule = wildcards.length === 0 ? "" : "; wildcards are not taken (RFC 5922 §7.2)";
  return `the certificate is for ${found}, and not for ${name}${rule}`;
}

/** §7.1: a URI "that contains a userpart ... identifies an individual user, not a domain". */
function domainOf(text: string): string | undefined {
  const uri = parseUri(text);
  if (uri instanceof Fault || uri.scheme !== "sip" || uri.user !== undefined) return undefined;
  return uri.host.toLowerCase();
}

function alternativeNames(certificate: Uint8Array): AlternativeNames {
  const names: AlternativeNames = { uris: [], dnsNames: [], addresses: [] };
  const tbsCertificate = first(first(certificate, SEQUENCE), SEQUENCE);
  for (const extension of elements(first(first(tbsCertificate, EXTENSIONS), SEQUENCE))) {
    if (hex(first(extension.content, OBJECT_IDENTIFIER)) !== SUBJECT_ALT_NAME) continue;
    for (const name of elements(first(first(extension.content, OCTET_STRING), SEQUENCE))) {
      if (name.tag === UNIFORM_RESOURCE_IDENTIFIER) names.uris.push(ascii(name.content));
      else if (name.tag === DNS_NAME) names.dnsNames.push(ascii(name.content));
      else if (name.tag === IP_ADDRESS) names.addresses.push(address(name.content));
    }
  }
  return names;
}

/** The elements of a content, up to the first that is not whole. */
function* elements(der: Uint8Array): Generator<Element> {
  for (let at = 0; at + 2 <= der.length;) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0;
    at += 2;
    if (length > 0x80) {
      const end = at + length - 0x80;
      for (length = 0; at < end; at++) length = length * 256 + (der[at] ?? 0);
    }
    if (at + length > der.length) return;
    yield { tag, content: der.subarray(at, at + length) };
    at += length;
  }
}

/** The content of the first element of a tag; empty where there is none. */
function first(der: Uint8Array, tag: number): Uint8Array {
  for (const element of elements(der)) if (element.tag === tag) return element.content;
  return new Uint8Array(0);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
}

/** IA5String is ASCII. */
function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 1_024)).toLowerCase();
}

function address(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => hex(bytes.subarray(2 * i, 2 * i + 2)));
  return compressed(groups.map((group) => group.replace(" ", "")).join(":"));
}

/** The one way to write an IPv6 address, which is that of URLs. */
function compressed(address: string): string {
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}
