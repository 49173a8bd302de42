import { assert, assertEquals } from "@std/assert";
import { drawMatrix, gapsOf, type Outcome, type PeerName } from "./matrix.ts";
import { differences, replaceMatrix } from "./readme_matrix.ts";
import { proxyTrials, sippTrials } from "./trials.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** What a run comes to where every call goes well. */
const ALL_WELL: readonly Outcome[] = [
  ...sippTrials(),
  ...proxyTrials(() => Promise.reject(new Error("nothing is run here"))),
].map(({ peer, protocol, cells, calls }) => ({
  ...{ peer, protocol, cells, calls },
  ok: calls,
  hasPassed: true,
}));

const VERSIONS: Readonly<Record<PeerName, string>> = {
  Kamailio: "1.0",
  baresip: "2.0",
  linphone: "3.0",
  SIPp: "4.0",
};

Deno.test("README.md has a matrix of all trials that there are, and all are well", () => {
  assertEquals(differences(README, drawMatrix(ALL_WELL, VERSIONS)), []);
});

Deno.test("every cell that can be tried has a trial", () => {
  assertEquals(gapsOf(ALL_WELL), []);
  const without = ALL_WELL.filter(({ peer, cells }) => peer !== "SIPp" || !cells.includes("busy"));
  assertEquals(gapsOf(without), [
    'SIPp UDP: nothing was tried for "busy"',
    'SIPp TCP: nothing was tried for "busy"',
  ]);
});

Deno.test("a trial that fails is a difference, and so is one that is missing", () => {
  const isMarked = ({ peer, protocol, cells }: Outcome) =>
    peer === "Kamailio" && protocol === "WSS" && cells.includes("hold");
  const failed = ALL_WELL.map((each) =>
    isMarked(each) ? { ...each, ok: 0, hasPassed: false } : each
  );
  const [here = "", there = "", ...others] = differences(README, drawMatrix(failed, VERSIONS));
  assert(/^not in README.md: .* WSS .*0\/1 FAILED/.test(here), here);
  assert(/^in README.md only: .* WSS /.test(there), there);
  assertEquals(others, []);
  const missing = ALL_WELL.filter((each) => !isMarked(each));
  assertEquals(differences(README, drawMatrix(missing, VERSIONS)).length, 2);
});

Deno.test("the matrix is put between its marks, and what is around them stays", () => {
  const matrix = drawMatrix([], VERSIONS);
  const text = replaceMatrix(README, matrix);
  assertEquals(differences(text, matrix), []);
  assertEquals(replaceMatrix(text, drawMatrix(ALL_WELL, VERSIONS)).split("\n")[0], "# Strowger");
  assertEquals(text.split("<!-- end")[1], README.split("<!-- end")[1]);
});
