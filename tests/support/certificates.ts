/**
 * Certificates made at run time, good and bad ones (RFC 5280 §4.1): whoever has a private key in a
 * repository has none.
 *
 * @module
 */

/** A certificate with its key, both in PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** `URI:sip:example.com`, `DNS:example.com`, `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** From when to when it is good; from yesterday to tomorrow by default. */
  readonly from?: Date;
  readonly until?: Date;
}

const DAY = 86_400_000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];

type Octets = readonly number[] | Uint8Array;

/** An element of DER. */
function der(tag: number, ...contents: Octets[]): number[] {
  const content = contents.flatMap((each) => [...each]);
  const { length } = content;
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const head = length < 0x80 ? octets : [0x80 | octets.length, ...octets];
  return [tag, ...head, ...content];
}

const sequence = (...contents: Octets[]): number[] => der(0x30, ...contents);
const oid = (octets: Octets): number[] => der(0x06, octets);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An INTEGER that is not negative. */
function integer(octets: Octets): number[] {
  const [first = 0] = octets;
  return der(0x02, first > 0x7f ? [0] : [], octets);
}

function commonName(name: string): number[] {
  return sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, text(name)))));
}

/** UTCTime, which RFC 5280 §4.1.2.5 has until 2049. */
function time(date: Date): number[] {
  return der(0x17, text(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
}

function extension(id: Octets, value: Octets): number[] {
  return sequence(oid(id), der(0x04, value));
}

function generalName(name: string): number[] {
  const [, kind, value = ""] = /^(\w+):(.*)$/.exec(name) ?? [];
  if (kind === "URI") return der(0x86, text(value));
  if (kind === "DNS") return der(0x82, text(value));
  return der(0x87, value.includes(":") ? ipv6(value) : value.split(".").map(Number));
}

/** Of `::1` and the like only. */
function ipv6(address: string): number[] {
  const last = parseInt(address.replace("::", ""), 16);
  return [...new Array(14).fill(0), last >> 8, last & 0xff];
}

/** The two numbers of a signature, which WebCrypto has one behind the other. */
function signatureOf(raw: Uint8Array): number[] {
  const number = (octets: Uint8Array) => {
    const begin = octets.findIndex((octet) => octet !== 0);
    return integer(octets.subarray(begin));
  };
  return sequence(number(raw.subarray(0, 32)), number(raw.subarray(32)));
}

function pem(label: string, octets: Octets): string {
  const base64 = btoa(String.fromCharCode(...octets));
  return `-----BEGIN ${label}-----\n${
    base64.match(/.{1,64}/g)?.join("\n")
  }\n-----END ${label}-----\n`;
}

/** Who issues certificates. */
export class Authority {
  /** Its own certificate, in PEM. */
  readonly cert: string;
  readonly #name: string;
  readonly #keys: CryptoKeyPair;

  private constructor(name: string, keys: CryptoKeyPair, cert: string) {
    this.#name = name;
    this.#keys = keys;
    this.cert = cert;
  }

  /** Makes one. */
  static async make(name = "Test Authority"): Promise<Authority> {
    const keys = await generateKeys();
    const isAuthority = extension(BASIC_CONSTRAINTS, sequence(der(0x01, [0xff])));
    const cert = await certificate(name, name, keys.publicKey, keys.privateKey, [isAuthority], {});
    return new Authority(name, keys, cert);
  }

  /** Issues a certificate for a new key. */
  async issue(options: CertificateOptions): Promise<Certified> {
    const keys = await generateKeys();
    const { publicKey } = keys;
    const names = [subjectAltName(options)];
    const signer = this.#keys.privateKey;
    const cert = await certificate(this.#name, "", publicKey, signer, names, options);
    return { cert, key: await exported(keys) };
  }
}

/** A certificate that nobody has issued but who shows it. */
export async function selfSigned(options: CertificateOptions): Promise<Certified> {
  const keys = await generateKeys();
  const { publicKey, privateKey } = keys;
  const names = [subjectAltName(options)];
  const cert = await certificate("self", "self", publicKey, privateKey, names, options);
  return { cert, key: await exported(keys) };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exported({ privateKey }: CryptoKeyPair): Promise<string> {
  return pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)));
}

function subjectAltName({ names = [] }: CertificateOptions): number[] {
  return extension(SUBJECT_ALT_NAME, sequence(...names.map(generalName)));
}

async function certificate(
  issuer: string,
  subject: string,
  publicKey: CryptoKey,
  signer: CryptoKey,
  extensions: number[][],
  options: CertificateOptions,
): Promise<string> {
  const { from = new Date(Date.now() - DAY), until = new Date(Date.now() + DAY) } = options;
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const toBeSigned = sequence(
    der(0xa0, integer([2])),
    integer([1, ...crypto.getRandomValues(new Uint8Array(8))]),
    algorithm,
    commonName(issuer),
    sequence(time(from), time(until)),
    subject === "" ? sequence() : commonName(subject),
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    der(0xa3, sequence(...extensions)),
  );
  const signature = await crypto.subtle.sign(ALGORITHM, signer, new Uint8Array(toBeSigned));
  const bits = der(0x03, [0], signatureOf(new Uint8Array(signature)));
  return pem("CERTIFICATE", sequence(toBeSigned, algorithm, bits));
}
