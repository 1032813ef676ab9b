import type { Page } from '@playwright/test';

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
  }
}
