import { assertEquals, assertRejects } from "@std/assert";
import { judge } from "../../bench/verdict.ts";

/** Measures these figures, one after the other, and says how many were asked for. */
function figures(...values: number[]): { measure: () => Promise<number>; taken: () => number } {
  let taken = 0;
  return { measure: () => Promise.resolve(values[taken++] ?? NaN), taken: () => taken };
}

Deno.test("a figure that is a quarter worse is within the limit, and measured once", async () => {
  const { measure, taken } = figures(0.5);
  assertEquals(await judge(0.4, measure), { isFine: true, best: 0.5, limit: 0.5 });
  assertEquals(taken(), 1);
});

Deno.test("what was bad luck once is measured again, and the best counts", async () => {
  const { measure, taken } = figures(0.9, 0.45);
  assertEquals(await judge(0.4, measure), { isFine: true, best: 0.45, limit: 0.5 });
  assertEquals(taken(), 2);
});

Deno.test("what is worse three times has become worse", async () => {
  const { measure, taken } = figures(0.7, 0.51, 0.6, 0.1);
  assertEquals(await judge(0.4, measure), { isFine: false, best: 0.51, limit: 0.5 });
  assertEquals(taken(), 3);
});

Deno.test("what is no figure is neither fine nor worse", async () => {
  await assertRejects(() => judge(NaN, figures(0.4).measure), Error, "on record, found NaN");
  await assertRejects(() => judge(0.4, figures(NaN).measure), Error, "measured NaN");
  await assertRejects(() => judge(0.4, figures(0).measure), Error, "measured 0");
});
