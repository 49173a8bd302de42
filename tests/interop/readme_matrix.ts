/**
 * The table in README.md, which a run writes and every run compares with its own.
 */

const README = new URL("../../README.md", import.meta.url);
const BEGIN = "<!-- interop matrix: written by `deno task interop -- --write` -->";
const END = "<!-- end of the interop matrix -->";

/** Puts a table between the marks. */
export async function writeMatrix(matrix: string): Promise<void> {
  await Deno.writeTextFile(README, replaceMatrix(await Deno.readTextFile(README), matrix));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", README.pathname],
  }).output();
  if (!success) throw new Error("README.md cannot be formatted");
}

/** Says what README.md has that `matrix` has not, and the other way round; nothing if they agree. */
export async function compareMatrix(matrix: string): Promise<string[]> {
  return differences(await Deno.readTextFile(README), matrix);
}

/** The text with a table between its marks. */
export function replaceMatrix(readme: string, matrix: string): string {
  const [before, , after] = parts(readme);
  return `${before}${BEGIN}\n\n${matrix}\n${END}${after}`;
}

/**
 * Line by line; how lines are filled and broken is the formatter's, and other versions of the peers
 * may come to the same.
 */
export function differences(readme: string, matrix: string): string[] {
  const there = linesOf(parts(readme)[1]);
  const here = linesOf(matrix);
  return [
    ...here.filter((line) => !there.includes(line)).map((line) => `not in README.md: ${line}`),
    ...there.filter((line) => !here.includes(line)).map((line) => `in README.md only: ${line}`),
  ];
}

/** Rows, and remarks as a line each. */
function linesOf(text: string): string[] {
  return text.replaceAll(/\n +/g, " ").split("\n")
    .map((line) => line.replaceAll(/-+/g, "-").replaceAll(/ +/g, " ").trim())
    .map((line) => line.replace(/^(\| \w+) [\d.]+ \|/, "$1 |"))
    .filter((line) => line !== "");
}

function parts(readme: string): [before: string, between: string, after: string] {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md lacks ${BEGIN} or ${END}`);
  return [
    readme.slice(0, begin),
    readme.slice(begin + BEGIN.length, end),
    readme.slice(end + END.length),
  ];
}
