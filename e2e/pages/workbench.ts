import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';

/** The window, by what a person sees and does in it. */
export class Workbench {
  readonly page: Page;
  readonly #url: string;

  /** @param url  address with token, from Server */
  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens the window, as following the link in the terminal does. */
  async open(): Promise<void> {
    await this.page.goto(this.#url);
    await expect(this.part('connection')).toHaveText(/Connected/);
  }

  part(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Opens the New run form, types into its fields by parameter name, and starts. */
  async train(method: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.part('new-run').click();
    await this.part('method').selectOption(method);
    for (const [name, text] of Object.entries(fields)) await this.part(`field-${name}`).fill(text);
    await this.part('submit').click();
    await expect(this.part('run-inspector')).toBeVisible();
  }

  async show(view: 'trajectories' | 'fields' | 'samples' | 'metrics' | 'compare'): Promise<void> {
    await this.part(`tab-${view}`).click();
  }

  /** Training step of the parameters that the stage shows; -1 before the first frame. */
  async shownStep(): Promise<number> {
    const text = await this.part('stage').getAttribute('data-step');
    return text === null || text === '' ? -1 : Number(text);
  }

  async drawnFrames(): Promise<number> {
    return Number(await this.part('stage').getAttribute('data-frames'));
  }

  /**
   * How often the stage has sent data to the graphics card, once that has stopped: a view that opens
   * draws its film first and the live frame when it comes.
   */
  async settledUploads(): Promise<number> {
    const uploads = async (): Promise<number> =>
      Number(await this.part('stage').getAttribute('data-uploads'));
    let before = -1;
    await expect
      .poll(
        async () => {
          const now = await uploads();
          const isStill = now === before;
          before = now;
          return isStill;
        },
        { intervals: [1500] },
      )
      .toBe(true);
    return before;
  }

  /** Share of the canvas's pixels that hold a drawing. */
  async drawnShare(): Promise<number> {
    const image = await this.part('canvas').screenshot();
    return this.page.evaluate(
      async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        let coloured = 0;
        for (let i = 0; i < data.length; i += 4) {
          // Chrome is grey; only data has colour.
          const most = Math.max(data[i]!, data[i + 1]!, data[i + 2]!);
          const least = Math.min(data[i]!, data[i + 1]!, data[i + 2]!);
          if (most - least > 40) coloured += 1;
        }
        return coloured / (data.length / 4);
      },
      [...image],
    );
  }
}
