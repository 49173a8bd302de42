/**
 * Writes a test that plays a recording again: it passes today, and fails once a machine does otherwise.
 *
 * @module
 */
import { toJsonLines } from "./json_lines.ts";
import { ladderOf, ladderText } from "./ladder.ts";
import type { RecordedCall } from "./recording.ts";

/**
 * The text of a test file, for `deno test`, with the recording in it.
 *
 * @param calls What was recorded.
 * @param name What the test is called.
 */
export function regressionTest(calls: Iterable<RecordedCall>, name: string): string {
  const list = [...calls];
  const ladder = list.filter(({ callId }) => callId !== "")
    .map((call) => ladderText(ladderOf(call)))
    .join("\n");
  const comment = ladder.split("\n").map((line) => `// ${line}`.trimEnd()).join("\n");
  const lines = [...toJsonLines(list)].map(inTemplate).join("");
  return `// ${oneLine(name)}
//
${comment}
import { assertEquals } from "@std/assert";
import { fromJsonLines } from "@strowger/sip/inspector/json_lines";
import { replay } from "@strowger/sip/inspector/replay";

const RECORDING = String.raw\`
${lines}\`.trimStart();

Deno.test(${JSON.stringify(name)}, () => {
  for (const call of fromJsonLines(RECORDING).calls) {
    const { differences, unplayed } = replay(call);
    assertEquals(differences, []);
    assertEquals(unplayed, []);
  }
});
`;
}

/** What a template takes for its own is written as JSON may write it, too. */
function inTemplate(line: string): string {
  return line.replaceAll("`", "\\u0060").replaceAll("${", "\\u0024{");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
