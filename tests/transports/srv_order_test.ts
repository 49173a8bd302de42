// RFC 2782: the order in which servers are tried.
import { assert, assertEquals } from "@std/assert";
import { Identifiers } from "@strowger/sip";
import { inSrvOrder } from "../../transports/srv_order.ts";

const record = (priority: number, weight: number, target: string) => ({
  priority,
  weight,
  port: 5060,
  target,
});

/** A source with a fixed seed. */
function random(seed: number): (below: number) => number {
  const identifiers = new Identifiers((octets) => {
    for (let i = 0; i < octets.length; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      octets[i] = seed >>> 24;
    }
  });
  return (below) => identifiers.number(below);
}

// "A client MUST attempt to contact the target host with the lowest-numbered priority it can reach".
Deno.test("by priority, whatever the weights", () => {
  const records = [record(30, 100, "c"), record(10, 0, "a"), record(20, 65535, "b")];
  for (let seed = 0; seed < 20; seed++) {
    const order = inSrvOrder(records, random(seed)).map(({ target }) => target);
    assertEquals(order, ["a", "b", "c"]);
  }
  assertEquals(records.map(({ target }) => target), ["c", "a", "b"]);
});

// "Larger weights SHOULD be given a proportionately higher probability of being selected."
Deno.test("by weight: as often first as the weights say, and every one is in the list once", () => {
  const records = [record(1, 60, "a"), record(1, 30, "b"), record(1, 10, "c")];
  const draw = random(7);
  const first: Record<string, number> = { a: 0, b: 0, c: 0 };
  const second: Record<string, number> = { a: 0, b: 0, c: 0 };
  const rounds = 20_000;
  for (let i = 0; i < rounds; i++) {
    const order = inSrvOrder(records, draw).map(({ target }) => target);
    assertEquals([...order].sort(), ["a", "b", "c"]);
    const [one = "", two = ""] = order;
    first[one] = (first[one] ?? 0) + 1;
    second[two] = (second[two] ?? 0) + 1;
  }
  const near = (count: number | undefined, share: number) =>
    assert(Math.abs((count ?? 0) / rounds - share) < 0.02, `${count} of ${rounds} for ${share}`);
  near(first["a"], 0.6);
  near(first["b"], 0.3);
  near(first["c"], 0.1);
  // After a comes b three times as often as c, and so on.
  near(second["b"], 0.6 * 30 / 40 + 0.1 * 30 / 90);
});

// "In the presence of records containing weights greater than 0, records with weight 0 should have a
// very small chance of being selected."
Deno.test("weight 0: a small chance beside others, and an order among themselves", () => {
  const draw = random(3);
  let zero = 0;
  for (let i = 0; i < 10_000; i++) {
    zero += inSrvOrder([record(1, 99, "a"), record(1, 0, "z")], draw)[0]?.target === "z" ? 1 : 0;
  }
  assert(zero > 0 && zero < 300, `${zero} of 10000`);
  assertEquals(inSrvOrder([record(1, 0, "a"), record(1, 0, "b")], draw).length, 2);
  assertEquals(inSrvOrder([], draw), []);
});

// "Choose a uniform random number between 0 and the sum computed (inclusive), and select the RR whose
// running sum value is the first in the selected order which is greater than or equal".
Deno.test("the draw is that of the RFC, at its edges", () => {
  const records = [record(1, 3, "c"), record(1, 0, "a"), record(1, 2, "b")];
  const first = (drawn: number) => inSrvOrder(records, () => drawn)[0]?.target;
  assertEquals([0, 1, 2, 3, 5].map(first), ["a", "b", "b", "c", "c"]);
  const asked: number[] = [];
  inSrvOrder(records, (below) => (asked.push(below), 0));
  assertEquals(asked, [6, 6, 4]);
});
