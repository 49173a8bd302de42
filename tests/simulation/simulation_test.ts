import { Simulation } from "./simulation.ts";
const from = Number(Deno.env.get("FROM") ?? 1), to = Number(Deno.env.get("TO") ?? 300);
Deno.test("seeds", async () => {
  const kinds = new Map<string, number[]>();
  const seed = Deno.env.get("SEED");
  if (seed) {
    const sim = await new Simulation(Number(seed)).run();
    console.log(sim.trace.join("\n"));
    return;
  }
  const t = performance.now();
  let calls = 0;
  for (let seed = from; seed <= to; seed++) {
    const sim = await new Simulation(seed).run();
    calls += sim.calls.length;
    for (const v of new Set(sim.violations)) {
      const k = v.replace(/[a-z0-9]{24}/g, "ID").replace(/\b[a-z0-9]{16}\b/g, "TAG").replace(
        /\d{4,}/g,
        "N",
      );
      kinds.set(k, [...kinds.get(k) ?? [], seed]);
    }
  }
  for (const [k, seeds] of [...kinds].sort((a, b) => b[1].length - a[1].length)) {
    console.log(seeds.length, seeds.slice(0, 5).join(","), k);
  }
  console.log(calls, "calls", performance.now() - t, "ms");
});
