import { URI, UserAgentCore } from "@strowger/sip";
import { UdpTransport } from "@strowger/sip/transports/udp";
const line = (b: Uint8Array) => new TextDecoder().decode(b).split("\r\n")[0];
function mk(name: string, transport: any) {
  return new UserAgentCore({
    transports: [transport],
    trace: (e) => console.log(name, "TRACE", e.direction, line(e.bytes)),
    inspect: (e: any) => {
      if (e.actorRef.logic?.id === "supervisor") return;
      const v = e.snapshot?.value ?? "";
      console.log(
        name,
        " ",
        e.type,
        e.actorRef.logic?.id,
        e.event?.type ?? e.action?.type ?? "",
        JSON.stringify(v),
      );
    },
  });
}
const a = mk("A", await UdpTransport.listen()), b = mk("   B", await UdpTransport.listen());
const done = Promise.withResolvers<void>();
b.delegate = {
  onInvite: (r) => {
    setTimeout(() => r.progress(), 300);
    setTimeout(() => {
      const { session } = r.accept();
    }, 350);
  },
};
const to = URI.parse(`sip:bob@127.0.0.1:${b.configuration.transports[0]!.local.port}`);
a.invite(a.makeOutgoingRequestMessage("INVITE", to, URI.parse("sip:alice@127.0.0.1"), to), {
  onAccept: (r) => {
    r.ack();
    setTimeout(() =>
      r.session.bye({
        onAccept: () => {
          queueMicrotask(() => done.resolve());
        },
      }), 50);
  },
});
await done.promise;
console.log("----- stop");
await a.stop();
await b.stop();
