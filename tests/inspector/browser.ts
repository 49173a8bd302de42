/**
 * Debian's Chromium without a window.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

export type { Page };

const EXECUTABLE = "/usr/bin/chromium";

/** Whether there is one; where tests have to be complete, it has to be. */
export function hasBrowser(): boolean {
  if (Deno.env.get("CI")) return true;
  try {
    return Deno.statSync(EXECUTABLE).isFile;
  } catch {
    return false;
  }
}

/** What a page is looked at with. */
export interface View {
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
}

/** Opens pages, as long as the test takes. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;
  /** What pages have complained of. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Chromium> {
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ];
    return new Chromium(await chromium.launch({ executablePath: EXECUTABLE, args }));
  }

  async open(url: string, view: View = {}): Promise<Page> {
    const { width = 1400, height = 900, colorScheme = "light" } = view;
    const page = await this.#browser.newPage({ viewport: { width, height }, colorScheme });
    page.on("pageerror", ({ message }) => this.complaints.push(message));
    page.on("console", (said) => {
      if (said.type() === "error") this.complaints.push(said.text());
    });
    await page.goto(url);
    return page;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#browser.close();
  }
}
