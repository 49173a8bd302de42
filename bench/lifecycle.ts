/**
 * What a whole call costs a caller in memory: INVITE, 100, 180, 200, ACK, BYE, 200, until the last
 * timer of it has run out.
 *
 * @module
 */
import { type Caller, callerAlone, callerAndCallee } from "./caller.ts";
import { answersTo, requests } from "./far_end.ts";
import { jsSipCaller } from "./jssip_caller.ts";
import {
  compare,
  printComparison,
  SIP_JS_WARM_UP_MS,
  type Subject,
  WARM_UP_MS,
} from "./measure.ts";
import { sipJsCaller } from "./sip_js_caller.ts";
import { clock, LINGER_MS } from "./virtual_time.ts";
import { checkWhole } from "./whole_calls.ts";

/** Strowger, the caller's side only. */
export function ourCaller(): Caller {
  return callerAlone(clock);
}

/** A caller to measure, by whole calls. */
export function subjectOf(caller: Caller, warmUpMs = WARM_UP_MS): Subject {
  return {
    name: caller.name,
    warmUpMs,
    async run(times) {
      for (let i = 0; i < times; i++) {
        const call = await caller.place();
        await call.hangUp();
        clock.advance(LINGER_MS);
      }
    },
  };
}

/** The last answers that were made, so that they have to be made. */
export let kept: unknown;

/** What the script costs, which is in the figure of each that calls it. */
function farEndAlone(): Subject {
  const head =
    "Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bKeb2dqnzkyyehtjcx7v5hd73u;rport\r\n" +
    "Max-Forwards: 70\r\nFrom: <sip:alice@192.0.2.101>;tag=xrqnj4vzn8dvwq2b\r\n" +
    "To: <sip:bob@192.0.2.201>\r\nCall-ID: e8v5h7w3tnp4ca9xxpqj9g6s\r\nCSeq: 1 INVITE\r\n\r\n";
  const octets = ["INVITE", "ACK", "BYE"]
    .map((method) => new TextEncoder().encode(`${method} sip:bob@192.0.2.201 SIP/2.0\r\n${head}`));
  return {
    name: "of which the far end",
    run(times) {
      for (let i = 0; i < times; i++) {
        for (const request of octets) {
          kept = answersTo(new TextDecoder().decode(request))
            .map((answer) => new TextEncoder().encode(answer));
        }
      }
    },
  };
}

if (import.meta.main) {
  console.log("A call in memory: INVITE with SDP, 100, 180, 200 with SDP, ACK, BYE, 200\n");
  const measurements = await compare([
    subjectOf(ourCaller()),
    farEndAlone(),
    subjectOf(callerAndCallee(clock)),
    subjectOf(jsSipCaller()),
    subjectOf(sipJsCaller(), SIP_JS_WARM_UP_MS),
  ]);
  checkWhole(requests, ["INVITE", "ACK", "BYE"]);
  printComparison("µs a call", measurements);
  console.log();
}
