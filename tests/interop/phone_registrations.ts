/**
 * A phone registers at the engine, which challenges it.
 */
import { DigestAuthenticator } from "@strowger/sip";
import { DOMAIN, passwordOf } from "./kamailio.ts";
import type { PhoneName, PhoneProtocol } from "./phone.ts";
import type { ProxyScenario } from "./proxy_trial.ts";
import { START_PHONE } from "./stage.ts";

/** After how many seconds the phone ends by itself. */
const LIFETIME = 20;

export const PHONE_REGISTRATIONS: readonly ProxyScenario[] = [
  registration("baresip", ["UDP", "TCP", "TLS"]),
  // It has no certificate to show, which the engine asks for over TLS.
  registration("linphone", ["UDP", "TCP"]),
];

function registration(
  peer: PhoneName,
  protocols: readonly PhoneProtocol[],
): ProxyScenario {
  return {
    title: "a phone registers at the engine, which challenges it",
    peer,
    protocols,
    async play(scene) {
      const { protocol, proxy, start, expect } = scene;
      const engine = await start();
      const answers: string[] = [];
      const authenticator = new DigestAuthenticator({
        realm: DOMAIN,
        // baresip 1.0 gives up at the first challenge that it does not know, whatever follows it, and
        // linphone's daemon does not register with SHA-256.
        algorithms: ["MD5"],
        lookUp: (username) => ({ password: passwordOf(username) }),
      });
      engine.core.delegate = {
        onRegister: (request) => {
          const { message } = request;
          const verdict = authenticator.verify(message);
          if (verdict.kind === "challenge") {
            answers.push(verdict.reason);
            return void request.reject(verdict.response);
          }
          const [contact = ""] = message.getHeaders("Contact");
          const isLeaving = contact.includes("expires=0");
          answers.push(`${verdict.username} ${verdict.algorithm}${isLeaving ? " leaves" : ""}`);
          request.accept({
            statusCode: 200,
            extraHeaders: isLeaving ? [] : [`Contact: ${contact}`],
          });
        },
      };
      const directory = await Deno.makeTempDir({ prefix: "interop-" });
      try {
        const proxyPort = Number(engine.hostport.split(":")[1]);
        const phone = await START_PHONE[peer]({
          ...{ user: "erin", proxyPort, directory, seconds: LIFETIME },
          ...{ protocol: protocol === "UDP" || protocol === "TCP" ? protocol : "TLS" },
          authority: proxy.authority,
        });
        await phone.stop();
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
      // When it leaves, too, it is challenged; over TCP it does not wait for that.
      expect("what it was answered", answers.slice(0, 2).join(), "absent,erin MD5");
    },
  };
}
