/**
 * What a whole call costs a callee in memory: INVITE, 100, 180, 200, ACK, BYE, 200, until the last
 * timer of it has run out. The caller is a script, which is a part of every figure.
 *
 * @module
 */
import { callee } from "./callee.ts";
import { CallingScript, type MakeCallee } from "./calling_script.ts";
import { jsSipCallee } from "./jssip_callee.ts";
import {
  compare,
  printComparison,
  SIP_JS_WARM_UP_MS,
  type Subject,
  WARM_UP_MS,
} from "./measure.ts";
import { sipJsCallee } from "./sip_js_callee.ts";
import { clock, LINGER_MS } from "./virtual_time.ts";
import { checkWhole } from "./whole_calls.ts";

/** A callee to measure, by whole calls, all of which have to be whole. */
function subjectOf(make: MakeCallee, warmUpMs = WARM_UP_MS): Subject {
  const script = new CallingScript(make);
  return {
    name: script.callee.name,
    warmUpMs,
    async run(times) {
      for (let i = 0; i < times; i++) {
        await script.call();
        clock.advance(LINGER_MS);
      }
      checkWhole(script.answers, ["100 INVITE", "180 INVITE", "200 INVITE", "200 BYE"]);
    },
  };
}

if (import.meta.main) {
  console.log("A call in memory, at the callee\n");
  const measurements = await compare([
    subjectOf(callee(clock)),
    subjectOf(jsSipCallee),
    subjectOf(sipJsCallee, SIP_JS_WARM_UP_MS),
  ]);
  printComparison("µs a call", measurements);
  console.log();
}
