/**
 * A machine as a picture.
 *
 * @module
 */
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import type { AnyStateMachine } from "xstate";
import { descriptionOf } from "./description.ts";
import { dotOf } from "./graphviz.ts";
import { escaped } from "../markup.ts";
import { styleSheet } from "./style_sheet.ts";

/**
 * A machine as SVG, laid out by Graphviz, for a light page and for a dark one.
 *
 * Each state is a `<g>` whose `id` and `data-state` are the id of the state, as in
 * `inviteClient.transaction.calling`. Each arrow is one with `data-source` and `data-target`, whose id
 * is both with a `~` between them; it stands for all transitions from the one to the other. So a page
 * can show where a machine is by classes on them.
 *
 * @param machine One of `machines/mod.ts`.
 * @param input What replaces parts of the machine's default input: `{ T1: 100 }` for other timers.
 *
 * @throws `TypeError` as {@linkcode descriptionOf} does.
 *
 * @example
 * ```ts
 * import { nonInviteServerMachine } from "@strowger/sip/machines";
 * import { svgOf } from "@strowger/sip/inspector/diagrams";
 *
 * const svg = await svgOf(nonInviteServerMachine);
 * console.assert(svg.includes('data-state="nonInviteServer.completed"'));
 * ```
 */
export async function svgOf(
  machine: AnyStateMachine,
  input?: Readonly<Record<string, unknown>>,
): Promise<string> {
  const description = descriptionOf(machine, input);
  const graphviz = await Graphviz.load();
  const drawn = graphviz.layout(dotOf(description), "svg", "dot");
  return dressed(drawn, description.root.key, description.root.description);
}

/** Graphviz's SVG without what it says of itself, with what a page needs. */
function dressed(svg: string, title: string, description: string): string {
  const body = svg.slice(svg.indexOf("<svg"))
    .replaceAll(/<!--[\s\S]*?-->\n?/g, "")
    .replaceAll(/<title>[^<]*<\/title>\n/g, "")
    // What was measured in points is shown in pixels.
    .replace(/width="([\d.]+)pt" height="([\d.]+)pt"/, 'width="$1" height="$2" role="img"')
    .replaceAll(
      /<g id="([^"]*)" class="(\w+) (state|transition)\b/g,
      (_, id: string, what, kind) => {
        const [source = "", target = ""] = id.split("~");
        const data = kind === "state"
          ? `data-state="${id}"`
          : `data-source="${source}" data-target="${target}"`;
        return `<g id="${id}" ${data} class="${what} ${kind}`;
      },
    );
  const head = `<title>${title}</title>\n<desc>${escaped(description)}</desc>\n` +
    `<style>\n${styleSheet()}\n</style>\n`;
  return body.replace(/(<svg[^>]*>\n?)/, `$1${head}`);
}
