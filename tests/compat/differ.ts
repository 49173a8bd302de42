/**
 * What the tests of the deliberate differences have in common: one program and one far end, played
 * with both libraries.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Library, type Scenario, Stage } from "./stage.ts";

/** Plays with both libraries, and asserts what is seen of each. */
export function differ<Seen>(
  name: string,
  play: Scenario["play"],
  see: (stage: Stage) => Seen,
  seen: { readonly [library in Library]: Seen },
  protocol: "TCP" | "UDP" = "TCP",
): void {
  Deno.test(name, async () => {
    for (const library of ["SIP.js", "Strowger"] as const) {
      assertEquals(see(await Stage.play({ protocol, play }, library)), seen[library], library);
    }
  });
}

/** How many messages of a kind were sent. */
export function sent({ wire }: Stage, what: string): number {
  return wire.filter(({ summary }) => summary.startsWith(what)).length;
}

/** The lines of a header in the last message of a kind that was sent. */
export function lines({ wire }: Stage, what: string, header: string): number {
  const last = wire.findLast(({ summary }) => summary.startsWith(what));
  return (last?.details ?? []).filter((line) => line.startsWith(`${header}: `)).length;
}

/** Where the last request of a kind went to. */
export function target({ wire }: Stage, what: string): string | undefined {
  const last = wire.findLast(({ summary }) => summary.startsWith(what));
  return last?.details.find((line) => line.startsWith("to "));
}

/** A proxy wants to know who is calling. */
export const CHALLENGE = {
  headers: ['Proxy-Authenticate: Digest realm="example", nonce="n1", qop="auth"'],
};
