/** Takes pictures of pages, each in the light and the dark theme. */
import { mkdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { chromiumPath } from "../support/chromium.js";

export const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

export interface Shot {
  /** Of the file, without theme and ending. */
  readonly name: string;
  /** Behind the hash: "workers/0". Default: where the page is. */
  readonly route?: string;
  /** Done before the picture: a press, a wait. */
  readonly before?: (page: Page) => Promise<void>;
  /** The page as far as it scrolls. Default: what a window shows. */
  readonly whole?: boolean;
}

/** Of WebP, from 0 to 1: words are still sharp. */
const QUALITY = 0.82;
const WINDOW = { width: 1440, height: 900 };
/** Until what comes four times a second, and once a second, has come. */
const SETTLE = 1_200;

/** Where the project lies here is nobody's business: in pictures, paths begin with its folder's name. */
const ROOT = join(import.meta.dirname, "..", "..", "..");
const WITHOUT_ROOT = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode())
    if (text.data.includes(${JSON.stringify(ROOT)})) text.data = text.data.replaceAll(${JSON.stringify(ROOT)}, "/heddle");
})()`;

export class Camera implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;
  readonly #wanted: (picture: string) => boolean;

  private constructor(browser: Browser, folder: string, wanted: (picture: string) => boolean) {
    this.#browser = browser;
    this.#folder = folder;
    this.#wanted = wanted;
  }

  /** @param wanted names of pictures to take; the others are passed over */
  static async open(folder: string, wanted: (picture: string) => boolean): Promise<Camera> {
    mkdirSync(folder, { recursive: true });
    const browser = await chromium.launch({
      executablePath: await chromiumPath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
    });
    return new Camera(browser, folder, wanted);
  }

  /** A page in a theme, for several pictures one after the other. */
  async page(url: string, colorScheme: Theme): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: WINDOW, colorScheme });
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`  ${page.url()}: ${error.message}`));
    await page.goto(url);
    // A report has no connection.
    if (!url.startsWith("file:")) await page.locator('.connection[data-state="live"], .login').first().waitFor();
    return page;
  }

  async take(page: Page, theme: Theme, shot: Shot): Promise<void> {
    if (!this.#wanted(`${shot.name}-${theme}`)) return;
    const file = `${shot.name}-${theme}.png`;
    try {
      if (shot.route !== undefined) await page.evaluate(`location.hash = ${JSON.stringify(`#/${shot.route}`)}`);
      await page.waitForTimeout(SETTLE);
      await shot.before?.(page);
      // As high as the page: what is out of sight is not drawn.
      if (shot.whole === true)
        await page.setViewportSize({ ...WINDOW, height: await page.evaluate<number>("document.body.scrollHeight") });
      await page.evaluate(WITHOUT_ROOT);
      await page.screenshot({ path: join(this.#folder, file), fullPage: shot.whole ?? false });
      console.log(`  ${file}`);
    } catch (error) {
      // One picture that cannot be taken is no reason to lose the others.
      process.exitCode = 1;
      console.error(`  ${file}: ${(error as Error).message}`);
    }
  }

  /** The same pictures in both themes. */
  async series(url: string, shots: readonly Shot[]): Promise<void> {
    for (const theme of THEMES) {
      if (!shots.some(({ name }) => this.#wanted(`${name}-${theme}`))) continue;
      const page = await this.page(url, theme);
      for (const shot of shots) await this.take(page, theme, shot);
      await page.context().close();
    }
  }

  /** Of a picture that has been taken: the same, much smaller. */
  async webp(name: string, file: string): Promise<void> {
    const png = (await readFile(join(this.#folder, `${name}.png`))).toString("base64");
    const page = await this.#browser.newPage();
    const webp = await page.evaluate<string>(`(async () => {
      const image = new Image();
      image.src = "data:image/png;base64,${png}";
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", ${QUALITY});
    })()`);
    await writeFile(file, Buffer.from(webp.slice(webp.indexOf(",") + 1), "base64"));
    await page.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
