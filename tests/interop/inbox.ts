/**
 * What has come in and nobody has looked at yet.
 */

/** How long something may take to come, in milliseconds. */
const PATIENCE = 8000;

/** See the module. */
export class Inbox<T> {
  private readonly what: string;
  private readonly items: T[] = [];
  private readonly takers: ((item: T) => void)[] = [];

  /** `what` is for the complaint that nothing came. */
  constructor(what: string) {
    this.what = what;
  }

  /** How many there are. */
  get size(): number {
    return this.items.length;
  }

  /** Something came in. */
  put(item: T): void {
    const taker = this.takers.shift();
    if (taker === undefined) this.items.push(item);
    else taker(item);
  }

  /** Takes the next, when it has come. */
  next(): Promise<T> {
    const item = this.items.shift();
    if (item !== undefined) return Promise.resolve(item);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const taker = (item: T): void => {
      clearTimeout(timer);
      resolve(item);
    };
    const timer = setTimeout(() => {
      this.takers.splice(this.takers.indexOf(taker), 1);
      reject(new Error(`no ${this.what}`));
    }, PATIENCE);
    this.takers.push(taker);
    return promise;
  }
}
