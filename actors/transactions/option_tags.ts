/**
 * The extensions of SIP that are understood here, by their option tags (RFC 3261 §19.2). Whoever adds
 * an extension adds its tag here: Supported says it, and a request may require it.
 *
 * @module
 */
import { Fault, type IncomingMessage } from "../../messages/mod.ts";

/** What the engine understands by itself; a program may add its own. */
export const ENGINE_OPTION_TAGS: readonly string[] = [
  // RFC 3262 §4: "The UAC SHOULD include this in all INVITE requests."
  "100rel",
  // RFC 6228 §4: "if it is willing to receive 199 responses, it MUST insert a "199" option-tag in the
  // Supported header field of the request".
  "199",
  // RFC 3891 §6.2: "UAs which support the Replaces header MUST include the "replaces" option tag in a
  // Supported header field."
  // RFC 4488 §4: a REFER without a subscription.
  "norefersub",
  "replaces",
  "tdialog",
  // RFC 4028 §7.1: "UACs that support the session timer extension defined here ... MUST include a
  // Supported header field in each request (except ACK), listing the option tag 'timer'."
  "timer",
];

/** Whether a tag is in a list; tokens compare in any case (§7.3.1). */
function includesTag(tags: readonly string[], tag: string): boolean {
  return tags.some((each) => each.toLowerCase() === tag.toLowerCase());
}

/** What of `tags` is not among `known`. */
export function missingTags(tags: readonly string[], known: readonly string[]): string[] {
  return tags.filter((tag) => !includesTag(known, tag));
}

/** Several lists in one, each tag once. */
export function joinTags(...lists: (readonly string[])[]): readonly string[] {
  const joined: string[] = [];
  for (const tag of lists.flat()) if (!includesTag(joined, tag)) joined.push(tag);
  return joined;
}

/** Whether the far end says in one of these headers that it understands, or wants, an extension. */
export function hasTag(
  message: IncomingMessage,
  tag: string,
  ...headers: ("Require" | "Supported")[]
): boolean {
  return headers.some((name) => {
    const tags = message.parseHeader(name);
    return tags !== undefined && !(tags instanceof Fault) && includesTag(tags, tag);
  });
}
