/**
 * What a peer has said and nobody has asked for yet.
 */

/** See the module. */
export class EventQueue<T> {
  private readonly peer: string;
  private readonly show: (event: T) => string;
  private events: T[] = [];
  private wake: PromiseWithResolvers<void> = Promise.withResolvers();

  /** `peer` and `show` are for the complaint that something did not come. */
  constructor(peer: string, show: (event: T) => string) {
    this.peer = peer;
    this.show = show;
  }

  /** Something was said. */
  put(event: T): void {
    this.events.push(event);
    this.stir();
  }

  /** Waits for the next that `matches`, and takes it; rejects when it is late. */
  async take(
    what: string,
    matches: (event: T) => boolean,
    milliseconds: number,
  ): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.stir();
    }, milliseconds);
    try {
      for (;;) {
        const [found] = this.events.splice(indexOrEnd(this.events, matches), 1);
        if (found !== undefined) return found;
        if (isLate) {
          const others = this.events.map(this.show).join(" ") || "none";
          throw new Error(`${this.peer}: no ${what}; other events: ${others}`);
        }
        await this.wake.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Forgets all of them. */
  drain(): void {
    this.events = [];
  }

  private stir(): void {
    this.wake.resolve();
    this.wake = Promise.withResolvers();
  }
}

function indexOrEnd<T>(events: readonly T[], matches: (event: T) => boolean): number {
  const index = events.findIndex(matches);
  return index < 0 ? events.length : index;
}
