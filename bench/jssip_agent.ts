/**
 * JsSIP's user agent. It has no core apart from WebRTC, so it gets a peer connection that agrees to
 * everything and does nothing.
 *
 * @module
 */
import JsSIP from "jssip";
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
  createAnswer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve(this.localDescription);
  }
  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }
  setRemoteDescription(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Makes a user agent that sends by `send`, and what it receives by. It takes the runtime's timers,
 * and puts WebRTC's names in place.
 */
export function jsSipAgent(
  user: string,
  host: string,
  send: (text: string) => void,
): { agent: JsSIP.UA; receive: (text: string) => void } {
  Object.assign(globalThis, {
    window: globalThis,
    RTCPeerConnection: AgreeablePeerConnection,
    RTCSessionDescription: class {},
  });
  const socket = {
    via_transport: "UDP",
    url: "ws://192.0.2.1",
    sip_uri: "sip:192.0.2.1",
    connect: () => socket.onconnect(),
    disconnect: () => {},
    onconnect: () => {},
    ondisconnect: () => {},
    ondata: (_event: unknown) => {},
    isConnected: () => true,
    isConnecting: () => false,
    send: (message: unknown) => {
      send(`${message}`);
      return true;
    },
  };
  const agent = new JsSIP.UA({
    sockets: [{ socket, weight: 1 }],
    uri: `sip:${user}@${host}`,
    contact_uri: `sip:${user}@${host}:5060`,
    register: false,
    session_timers: false,
  });
  agent.start();
  return { agent, receive: (text) => socket.ondata(text) };
}
