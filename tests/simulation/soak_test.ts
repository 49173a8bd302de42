/**
 * Whether anything is left after thousands of calls, subscriptions and other requests, of which a fifth
 * fails in some way. `deno task soak` plays 10,000.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Soak } from "./soak.ts";

const [OPERATIONS = 1000, SEED = 1] = Deno.args.map(Number);

Deno.test(`after ${OPERATIONS} operations, a fifth of them failing, nothing is left`, async () => {
  const soak = new Soak(SEED);
  const { live, timers } = soak.run(OPERATIONS);
  const nothing = { clients: 0, servers: 0, dialogs: 0, entries: 0 };
  assertEquals(live, [nothing, nothing, nothing]);
  assertEquals(timers, 0);
  // And there was something that could have been left.
  const failing = soak.failures / OPERATIONS;
  assert(failing > 0.2 && failing < 0.33, `${failing} of them fail`);
  assert(soak.peak > OPERATIONS / 4, `at most ${soak.peak} entries at a time`);
  assertEquals(soak.untold, []);
  assertEquals(soak.unexplained, []);
  await soak.stop();
  console.log(`${OPERATIONS} operations, ${soak.failures} failing, ${soak.peak} entries at most`);
});
