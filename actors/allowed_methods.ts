/**
 * What this engine can answer (RFC 3261 §20.5).
 *
 * @module
 */

/** The methods, as an Allow header lists them. */
export const ALLOWED_METHODS: readonly string[] = ["ACK", "BYE", "CANCEL", "INVITE"];

/** The header line. */
export const ALLOW: string = `Allow: ${ALLOWED_METHODS.join(", ")}`;
