/**
 * baresip's control port, `ctrl_tcp`: JSON in netstrings, commands to it, responses and events from
 * it.
 */
import { EventQueue } from "./event_queue.ts";
import { HOST } from "./peer_process.ts";

/** Something that happened in baresip. */
export interface BaresipEvent {
  /** As in `CALL_INCOMING`. */
  readonly type: string;
  /** The account's address. */
  readonly accountaor?: string;
  /** The far end of the call. */
  readonly peeruri?: string;
  /** The Call-ID. */
  readonly id?: string;
  /** What else there is to say. */
  readonly param?: string;
}

/** What baresip said to a command. */
interface Response {
  readonly ok: boolean;
  readonly data: string;
  readonly token: string;
}

const COLON = 0x3a;
/** How long it may take to answer a command, in milliseconds. */
const ANSWER = 3000;
/** How long an event may take to come, in milliseconds. */
const EVENT = 8000;

/** One connection to a control port. */
export class BaresipControl {
  private readonly connection: Deno.Conn;
  private readonly events = new EventQueue<BaresipEvent>("baresip", ({ type }) => type);
  private readonly responses = new EventQueue<Response>("baresip", ({ data }) => data);
  private commands = 0;

  private constructor(connection: Deno.Conn) {
    this.connection = connection;
  }

  /** Connects; rejects while nobody listens there. */
  static async connect(port: number): Promise<BaresipControl> {
    const control = new BaresipControl(await Deno.connect({ hostname: HOST, port }));
    void control.read();
    return control;
  }

  /** Has a command done, as the prompt of baresip takes it. */
  async command(command: string, params = ""): Promise<string> {
    const token = `${++this.commands}`;
    const text = new TextEncoder().encode(JSON.stringify({ command, params, token }));
    const head = new TextEncoder().encode(`${text.length}:`);
    await this.connection.write(Uint8Array.of(...head, ...text, 0x2c));
    const response = await this.responses.take(
      `response to ${command}`,
      (each) => each.token === token,
      ANSWER,
    );
    if (!response.ok) throw new Error(`baresip: ${command} ${params}: ${response.data}`);
    return response.data;
  }

  /** Waits for the next event of a type, and takes it. */
  event(type: string): Promise<BaresipEvent> {
    return this.events.take(type, (each) => each.type === type, EVENT);
  }

  /** Forgets the events that nobody has asked for. */
  drain(): void {
    this.events.drain();
  }

  /** Lets go of it. */
  close(): void {
    this.connection.close();
  }

  private async read(): Promise<void> {
    let waiting: Uint8Array = new Uint8Array();
    try {
      for await (const chunk of this.connection.readable) {
        waiting = Uint8Array.of(...waiting, ...chunk);
        for (;;) {
          const colon = waiting.indexOf(COLON);
          const length = Number(new TextDecoder().decode(waiting.subarray(0, Math.max(colon, 0))));
          if (colon < 0 || waiting.length < colon + length + 2) break;
          const text = new TextDecoder().decode(waiting.subarray(colon + 1, colon + 1 + length));
          waiting = waiting.slice(colon + length + 2);
          this.take(JSON.parse(text));
        }
      }
    } catch {
      // Closed, at one of the ends.
    }
  }

  private take(message: BaresipEvent & Response): void {
    if (message.type === undefined) this.responses.put(message);
    else this.events.put(message);
  }
}
