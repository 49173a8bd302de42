/**
 * Who may see the page: this machine by default; from elsewhere, whoever has the token.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { InvalidArgumentError } from "../../messages/errors.ts";

const COOKIE = "strowger-token";
/** What nobody guesses. */
const LEAST_TOKEN = 16;

/** What a page is served by. */
export interface Access {
  /** The address to listen at, `127.0.0.1` by default. */
  host?: string;
  /** What a page has to show, at least 16 characters; needed where `host` is not this machine only. */
  token?: string;
}

/** Whether an address is this machine's own, and nobody else's. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** @throws `InvalidArgumentError` where others could look in, and nothing keeps them out. */
export function checkAccess({ host = "127.0.0.1", token }: Access): void {
  if (token !== undefined && !/^[\w~.-]{16,}$/.test(token)) {
    throw new InvalidArgumentError(
      "token",
      `at least ${LEAST_TOKEN} letters, digits, "-", "_", "." or "~"`,
      `${token.length} characters`,
    );
  }
  if (token === undefined && !isLoopback(host)) {
    throw new InvalidArgumentError("token", `one, since ${host} is not this machine only`, "none");
  }
}

/** Why a request is refused; `undefined` where it is not. */
export function refusal(
  { headers, method, url = "/" }: IncomingMessage,
  { token }: Access,
): string | undefined {
  // A page of another site could have its name point here (DNS rebinding).
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  if (token === undefined && !isLoopback(host)) return "expected Host to be this machine";
  if (method === "POST" && !isSameOrigin(headers)) return "expected Origin to be this page";
  if (token === undefined) return undefined;
  const shown = new URL(url, "http://page").searchParams.get("token") ?? cookieOf(headers.cookie);
  return isEqual(shown, token) ? undefined : "expected the token, as ?token=";
}

/** What a page that has shown its token in the address gets, so that it need not do so again. */
export function cookieFor(token: string): string {
  return `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`;
}

function isSameOrigin({ origin, host }: IncomingMessage["headers"]): boolean {
  if (origin === undefined || host === undefined) return false;
  return origin === `http://${host}` || origin === `https://${host}`;
}

function cookieOf(cookies = ""): string {
  const found = cookies.split(/;\s*/).find((each) => each.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) ?? "";
}

/** In a time that does not tell how much of it was right. */
function isEqual(shown: string, token: string): boolean {
  let difference = shown.length ^ token.length;
  for (let i = 0; i < token.length; i++) {
    difference |= token.charCodeAt(i) ^ (shown.charCodeAt(i) || 0);
  }
  return difference === 0;
}
