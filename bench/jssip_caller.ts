/**
 * JsSIP as a caller. It has no core apart from WebRTC, so it gets a peer connection that agrees to
 * everything and does nothing.
 *
 * @module
 */
import JsSIP from "jssip";
import type { Call, Caller } from "./caller.ts";
import { answer } from "./far_end.ts";
import { SDP } from "./messages.ts";

/** One for all calls, so that none of them pays for it. */
const DESCRIPTION = { type: "offer", sdp: SDP };

class AgreeablePeerConnection {
  iceGatheringState = "complete";
  iceConnectionState = "completed";
  signalingState = "have-local-offer";
  localDescription = DESCRIPTION;
  addEventListener(): void {}
  close(): void {}
  createOffer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve(this.localDescription);
  }
  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }
  setRemoteDescription(): Promise<void> {
    return Promise.resolve();
  }
}

/** The caller's side only. It takes the runtime's timers, and puts WebRTC's names in place. */
export function jsSipCaller(): Caller {
  Object.assign(globalThis, {
    window: globalThis,
    RTCPeerConnection: AgreeablePeerConnection,
    RTCSessionDescription: class {},
  });
  let onByeAnswered = (): void => {};
  const socket = {
    via_transport: "UDP",
    url: "ws://192.0.2.201",
    sip_uri: "sip:192.0.2.201",
    connect: () => socket.onconnect(),
    disconnect: () => {},
    onconnect: () => {},
    ondisconnect: () => {},
    ondata: (_event: unknown) => {},
    isConnected: () => true,
    isConnecting: () => false,
    send: (message: unknown) => {
      const text = `${message}`;
      answer(text, (each) => socket.ondata(each));
      if (text.startsWith("BYE ")) queueMicrotask(() => onByeAnswered());
      return true;
    },
  };
  const agent = new JsSIP.UA({
    sockets: [{ socket, weight: 1 }],
    uri: "sip:alice@192.0.2.101",
    contact_uri: "sip:alice@192.0.2.101:5060",
    register: false,
    session_timers: false,
  });
  agent.start();

  return {
    name: "JsSIP 3.13.8, caller",
    place: () => {
      const { promise, resolve, reject } = Promise.withResolvers<Call>();
      const session = agent.call("sip:bob@192.0.2.201", {
        mediaConstraints: { audio: false, video: false },
        eventHandlers: {
          confirmed: () =>
            resolve({
              hangUp: () => {
                return new Promise((resolve) => {
                  onByeAnswered = resolve;
                  session.terminate();
                });
              },
            }),
          failed: ({ cause }: { cause: string }) => reject(new Error(cause)),
        },
      });
      return promise;
    },
  };
}
