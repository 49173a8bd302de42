/**
 * Whether it is its dates that a certificate was refused for. Deno says of those only that it cannot
 * verify the certificate, and does not show it.
 *
 * @module
 */
import { connect } from "node:tls";
import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";

/** What it says instead. */
const VAGUE = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
const TIMEOUT = 5_000;

/** Whether an error leaves open what was wrong with a certificate. */
export function isVague(error: unknown): boolean {
  return error instanceof Error && (error as Error & { code?: unknown }).code === VAGUE;
}

/**
 * What is wrong with the dates of who answers there, or nothing. It looks at the certificate by a
 * connection of its own, which believes anybody, carries nothing and ends at once.
 */
export function datesProblem(
  to: { host: string; port: number; servername?: string },
  clock: Clock,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...to, rejectUnauthorized: false });
    const end = (problem?: string) => {
      deadline.stop();
      socket.destroy();
      resolve(problem);
    };
    const deadline = new Deadline(clock, TIMEOUT, () => end());
    deadline.start();
    socket.once("error", () => end());
    socket.once("close", () => end());
    socket.once("secureConnect", () => {
      const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
      if (Date.parse(to) < Date.now()) end(`the certificate has expired, on ${to}`);
      else if (Date.parse(from) > Date.now()) {
        end(`the certificate is not yet valid, but on ${from}`);
      } else end();
    });
  });
}
