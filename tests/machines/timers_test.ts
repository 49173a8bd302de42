import { assertEquals } from "@std/assert";
import * as timers from "../../machines/timers.ts";
import { TIMINGS } from "./support.ts";

/**
 * RFC 3261 Table 4, with RFC 6026 §8.11 and RFC 6665 §4.1.2.4, in milliseconds: the first delay of each timer under each
 * timing. Over a reliable transport A, E and G are not started; the timelines show it.
 */
const TABLE = `
          unreliable  reliable  fast   slow
  timerA  500         500       100    1000
  timerB  32000       32000     6400   64000
  timerD  32000       0         32000  64000
  timerE  500         500       100    1000
  timerF  32000       32000     6400   64000
  timerG  500         500       100    1000
  timerH  32000       32000     6400   64000
  timerI  5000        0         700    5000
  timerJ  32000       0         6400   64000
  timerK  5000        0         700    5000
  timerL  32000       32000     6400   64000
  timerM  32000       32000     6400   64000
  timerN  32000       32000     6400   64000
`;

Deno.test("each timer has its value from the table of T1, T2 and T4", () => {
  const [head = [], ...rows] = TABLE.trim().split("\n").map((row) => row.trim().split(/ +/));
  const contexts = Object.entries(TIMINGS).map(([name, timing]) => ({
    name,
    context: { ...timing, interval: timing.T1 },
  }));
  assertEquals(contexts.map(({ name }) => name), head);
  const delays = Object.entries(timers).filter(([name]) => name.startsWith("timer"))
    .map(([name, delay]) => [
      name,
      ...contexts.map(({ context }) =>
        typeof delay === "function" ? String(delay({ context })) : ""
      ),
    ]);
  assertEquals(delays, rows);
});

Deno.test("the defaults are those of Table 4: T1 500 ms, T2 4 s, T4 5 s", () => {
  assertEquals(timers.DEFAULT_TIMERS, { T1: 500, T2: 4000, T4: 5000 });
});
