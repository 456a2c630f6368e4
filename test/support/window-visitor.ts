import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './window-browser.ts';

/** A person's browser: its pages share their cookies. */
export interface Visitor extends AsyncDisposable {
  open(url: string): Promise<Page>;
  /** What pages have complained of: errors, and what their policy forbade. */
  readonly complaints: readonly string[];
}

export async function startVisitor(): Promise<Visitor> {
  const browser: Browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox'],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  return {
    complaints,
    async open(url) {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.goto(url);
      return page;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** The address in what a program has printed. */
export function windowUrl(printed: string): string {
  return /Window: (http:\/\/127\.0\.0\.1:\d+\/#\S+)/.exec(printed)?.[1] ?? '';
}

export const percent = async (page: Page) => Number.parseFloat(await page.locator('.percent').innerText());

/** A state of the chart that is lit. */
export const lit = (page: Page, state: string) => page.locator(`.chart-state.active[data-state="download.${state}"]`);

export async function showMachine(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Machine' }).click();
}
