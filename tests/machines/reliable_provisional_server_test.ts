import { assert } from "@std/assert";
import {
  DEFAULT_TIMERS,
  type ReliableProvisionalServerEvent,
  reliableProvisionalServerMachine,
} from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf } from "./support.ts";

/**
 * RFC 3262 §3; after the slash the answer to the INVITE. `prackAnswered next` is one with another
 * response in line, `accept session` one while a response without PRACK has a session description.
 */
const TABLE = `
idle/open  [usual]
  provisional         awaitingPrack.repeating/open      send
  prack               stays                             nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  accept              ended/given                       accept, terminated
  accept session      idle/deferred                     nothing
  final               ended/given                       terminated
  dispose             ended/given                       terminated

awaitingPrack.repeating/open  [usual]  provisional
  # "The UAS MUST NOT send a second reliable provisional response until the first is acknowledged."
  provisional         stays                             nothing
  # "Retransmissions of the reliable provisional response cease when a matching PRACK is received by
  # the UA core."
  prack               answeringPrack/open               nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  # "The UAS MAY send a final response to the initial request before having received PRACKs for all
  # unacknowledged reliable provisional responses, unless the final response is 2xx and any of the
  # unacknowledged reliable provisional responses contained a session description."
  accept              lingering/given                   accept
  accept session      awaitingPrack.repeating/deferred  nothing
  final               lingering/given                   nothing
  dispose             ended/given                       terminated

answeringPrack/open  [usual]  provisional, prack
  provisional         stays                             nothing
  prack               stays                             nothing
  prackAnswered       idle/open                         nothing
  prackAnswered next  awaitingPrack.repeating/open      send
  accept              answeringPrack/given              accept
  accept session      answeringPrack/deferred           nothing
  final               answeringPrack/given              nothing
  dispose             ended/given                       terminated

# No actor asks for this: without an unacknowledged response there is none with a session description.
idle/deferred  [usual]  accept session
  provisional         awaitingPrack.repeating/deferred  send
  prack               stays                             nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  accept              stays                             nothing
  accept session      stays                             nothing
  final               ended/given                       terminated
  dispose             ended/given                       terminated

awaitingPrack.repeating/deferred  [usual]  provisional, accept session
  provisional         stays                             nothing
  prack               answeringPrack/deferred           nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  accept              stays                             nothing
  accept session      stays                             nothing
  # The far end cancels, say.
  final               lingering/given                   nothing
  dispose             ended/given                       terminated

answeringPrack/deferred  [usual]  provisional, accept session, prack
  provisional         stays                             nothing
  prack               stays                             nothing
  # §5: "the UAS MUST delay sending the 2xx until the provisional response is acknowledged."
  prackAnswered       ended/given                       accept, terminated
  prackAnswered next  awaitingPrack.repeating/deferred  send
  accept              stays                             nothing
  accept session      stays                             nothing
  final               answeringPrack/given              nothing
  dispose             ended/given                       terminated

answeringPrack/given  [usual]  provisional, prack, final
  provisional         stays                             nothing
  prack               stays                             nothing
  prackAnswered       ended/given                       terminated
  # "A UAS MUST NOT send new reliable provisional responses ... after sending a final response".
  prackAnswered next  ended/given                       terminated
  accept              stays                             nothing
  accept session      stays                             nothing
  final               stays                             nothing
  dispose             ended/given                       terminated

lingering/given  [usual]  provisional, final
  provisional         stays                             nothing
  # "it MUST be prepared to process PRACK requests for those outstanding responses."
  prack               answeringPrack/given              nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  accept              stays                             nothing
  accept session      stays                             nothing
  final               stays                             nothing
  dispose             ended/given                       terminated

ended/given  [usual]  dispose
  provisional         stays                             nothing
  prack               stays                             nothing
  prackAnswered       stays                             nothing
  prackAnswered next  stays                             nothing
  accept              stays                             nothing
  accept session      stays                             nothing
  final               stays                             nothing
  dispose             stays                             nothing
`;

const TIMELINES = {
  // "with an interval that starts at T1 seconds and doubles for each retransmission ... This differs
  // from retransmissions of 2xx responses, whose intervals cap at T2 seconds". "If a reliable
  // provisional response is retransmitted for 64*T1 seconds without reception of a corresponding
  // PRACK, the UAS SHOULD reject the original request with a 5xx response."
  "repeated at T1 and doubling without a cap, given up after 64*T1, forgotten 64*T1 later": `
    [usual]
      100  provisional     -> send
      600                  -> transmit
     1600                  -> transmit
     3600                  -> transmit
     7600                  -> transmit
    15600                  -> transmit
    31600                  -> transmit
    32100                  -> timeout
    32200  final           -> nothing
    64100                  -> terminated`,
  "the same with another table": `
    [fast]
      100  provisional     -> send
      200                  -> transmit
      400                  -> transmit
      800                  -> transmit
     1600                  -> transmit
     3200                  -> transmit
     6400                  -> transmit
     6500                  -> timeout
    12900                  -> terminated`,
  "the second waits for the first, and is repeated from T1 on": `
    [usual]
      100  provisional         -> send
      600                      -> transmit
     1000  provisional         -> nothing
     1600                      -> transmit
     2000  prack               -> nothing
     3000  prackAnswered next  -> send
     3500                      -> transmit
     4500                      -> transmit
     5000  prack               -> nothing
     5000  prackAnswered       -> nothing
     6000  accept              -> accept, terminated`,
  "a 2xx that waits for the PRACK": `
    [usual]
      100  provisional     -> send
      200  accept session  -> nothing
      600                  -> transmit
     1000  prack           -> nothing
     1000  prackAnswered   -> accept, terminated`,
  "a 2xx that waits for a PRACK which never comes": `
    [usual]
      100  provisional     -> send
      600                  -> transmit
     1600                  -> transmit
     3600                  -> transmit
     7600                  -> transmit
    15600                  -> transmit
    16000  accept session  -> nothing
    31600                  -> transmit
    32100                  -> timeout
    64100                  -> terminated`,
  "after a final response nothing is repeated, and a PRACK is still taken": `
    [usual]
      100  provisional     -> send
      200  final           -> nothing
    32000  prack           -> nothing
    32000  prackAnswered   -> terminated`,
  "a final response, and no PRACK: forgotten after 64*T1": `
    [usual]
      100  provisional     -> send
      200  accept          -> accept
    32200                  -> terminated`,
  "a PRACK that nobody answers": `
    [usual]
      100  provisional     -> send
      200  prack           -> nothing
    16200                  -> prackOverdue
    17000  prackAnswered   -> nothing
    18000  final           -> terminated`,
  // "the UAS SHOULD send provisional responses once every two and a half minutes."
  "an extension of the INVITE is due every two and a half minutes": `
    [usual]
      100  provisional     -> send
      200  prack           -> nothing
      200  prackAnswered   -> nothing
   150200                  -> extensionDue
   150200  provisional     -> send
   150300  prack           -> nothing
   150300  prackAnswered   -> nothing
   300300                  -> extensionDue
   300400  final           -> terminated`,
};

const events: Record<string, ReliableProvisionalServerEvent> = {
  provisional: { type: "provisional" },
  prack: { type: "prack" },
  prackAnswered: { type: "prackAnswered", hasNext: false },
  "prackAnswered next": { type: "prackAnswered", hasNext: true },
  accept: { type: "accept", hasUnacknowledgedSession: false },
  "accept session": { type: "accept", hasUnacknowledgedSession: true },
  final: { type: "final" },
  dispose: { type: "dispose" },
};

testMachine("reliable provisional server", {
  machine: reliableProvisionalServerMachine,
  raised: ["settled", "expired", "over"],
  inputs: { usual: DEFAULT_TIMERS, fast: { T1: 100, T2: 1600, T4: 700 } },
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "accept").length <= 1, "one 2xx");
    assert(emissions.filter((type) => type === "timeout").length <= 1, "given up once");
    const given = emissions.findIndex((type) => type === "accept" || type === "timeout");
    if (given < 0) return;
    const after = emissions.slice(given);
    assert(!after.includes("send"), "no new response after the final one");
    assert(!after.includes("transmit"), "no response is repeated after the final one");
  },
});
