/**
 * Checks what a program gives of certificates, when it gives it: one of the runtimes says nothing
 * before a handshake fails.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { InvalidArgumentError } from "../messages/errors.ts";

/** Certificates and a key, in PEM. */
export interface CertificateOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | readonly string[] | undefined;
}

/** Throws an InvalidArgumentError, which has nothing of the key in it, for what is none. */
export function checkCertificates({ cert, key, ca = [] }: CertificateOptions): void {
  for (const each of [ca].flat()) read("ca", "certificates in PEM", () => certificateIn(each));
  if (cert === undefined && key === undefined) return;
  const certificate = read("cert", "a certificate in PEM", () => certificateIn(cert ?? ""));
  const privateKey = read("key", "a private key in PEM", () => createPrivateKey(key ?? ""));
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new InvalidArgumentError("key", "the private key of cert", "another one");
}

/** The options of `node:tls` for those who are believed. */
export function authorities(ca: CertificateOptions["ca"]): { ca?: string[] } {
  return ca === undefined ? {} : { ca: [ca].flat() };
}

function certificateIn(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function read<T>(field: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new InvalidArgumentError(field, expected, "something else");
  }
}
