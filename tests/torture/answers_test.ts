/**
 * What a core answers to the messages of RFC 4475 and RFC 5118: the columns `answer` and `status` of the
 * table. Nothing is left of any of them.
 *
 * @module
 */
import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { Exchange } from "../support/exchange.ts";
import { type Vector, vectors } from "./vectors.ts";

/** The answers that a row allows, or `undefined` where it says nothing. */
function allowed(vector: Vector): readonly (number | "discard")[] | undefined {
  if (!("fault" in vector)) return vector.answer;
  return vector.fault.unanswerable ? ["discard"] : vector.fault.status;
}

for (const vector of vectors) {
  Deno.test(`a core takes ${vector.file} (${vector.section})`, async () => {
    const bytes = await Deno.readFile(new URL(vector.file, import.meta.url));
    const x = new Exchange();
    x.core.delegate = { onInvite: (request) => void request.reject({ statusCode: 486 }) };
    const statuses: number[] = [];
    x.transport.onSend = (text) => {
      statuses.push(Number(text.split(" ")[1]));
      return Promise.resolve();
    };
    x.transport.receiver?.receive(bytes, { host: "192.0.2.77", port: 5060 });
    const expected = allowed(vector);
    const [answer] = statuses;
    assert(statuses.length <= 1, `${statuses}`);
    if (expected !== undefined) assertArrayIncludes(expected, [answer ?? "discard"]);
    x.clock.advance(300_000);
    x.assertEmpty();
    // An INVITE that was refused got no ACK; nothing else may have gone wrong.
    const names = x.errors.map(({ name }) => name);
    assertEquals(names.filter((name) => name !== "TimeoutError"), []);
  });
}
