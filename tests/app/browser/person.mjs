// Somebody in front of the chat's page.

import assert from 'node:assert/strict';
import { join } from 'node:path';

export const limit = 15_000; // ms, for whatever is waited for

/** Somebody with the chat open in a window. Sees the lines one after the other and misses none. */
export class Person {
  static artefacts; // the folder for screenshots

  #seen = 0;
  attempts = 0; // at connecting
  errors = []; //  in the browser's console

  static async meets(browser, name, window = {}) {
    const person = new Person();
    person.name = name;
    person.page = await (await browser.newContext({ reducedMotion: 'reduce', ...window })).newPage();
    person.page.setDefaultTimeout(limit);
    person.page.on('websocket', () => person.attempts++);
    person.page.on('console', (entry) => entry.type() === 'error' && person.errors.push(entry.text()));
    person.page.on('pageerror', (error) => person.errors.push(String(error)));
    person.page.on('dialog', (dialog) => {
      person.errors.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    return person;
  }

  get input() { return this.page.getByLabel('Your message'); }
  get log() { return this.page.getByRole('log'); }
  get complaint() { return this.page.getByRole('alert'); }

  async opens(url) {
    const response = await this.page.goto(url);
    assert.equal(response.status(), 200, url);
    return response;
  }

  async reloads() {
    this.#seen = 0;
    await this.page.reload();
  }

  /** Waits until the page says, in words, how the connection is. */
  async isTold(words) {
    await this.page.getByRole('status').filter({ hasText: words }).waitFor();
  }

  async says(text) {
    await this.input.focus();
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Enter');
    await this.sees('own', text);
  }

  /** Says `text 1`, `text 2` and so on, faster than anybody could type. */
  async saysMany(text, count) {
    await this.page.evaluate(([text, count]) => {
      for (let n = 1; n <= count; n++) {
        document.querySelector('textarea').value = `${text} ${n}`;
        document.querySelector('form').requestSubmit();
      }
    }, [text, count]);
  }

  async scrollsUp() {
    await this.log.focus();
    const from = await this.log.evaluate((log) => log.scrollTop);
    await this.page.keyboard.press('PageUp');
    await this.log.evaluate((log, from) => new Promise((resolve) => {
      const look = () => log.scrollTop < from && resolve();
      log.addEventListener('scroll', look);
      look();
    }), from);
    await this.distanceToEnd(); // the page has heard of it, too
  }

  /** The next line is of this kind and has exactly this text. */
  async sees(kind, text) {
    assert.deepEqual(await this.#next(), { kind, text }, `what ${this.name} sees`);
  }

  hears(text) { return this.sees('other', text); }
  notices(text) { return this.sees('notice', text); }

  /** @returns the texts in the order in which they came */
  async noticesInAnyOrder(...texts) {
    const lines = [];
    for (const _ of texts) lines.push(await this.#next());
    const order = lines.map(({ text }) => text);
    lines.sort((a, b) => (a.text < b.text ? -1 : 1));
    assert.deepEqual(lines, texts.sort().map((text) => ({ kind: 'notice', text })), `what ${this.name} sees`);
    return order;
  }

  /** Like `sees`, but notices may come before it. */
  async hearsAmongNotices(text) {
    let line = await this.#next();
    while (line.kind === 'notice') line = await this.#next();
    assert.deepEqual(line, { kind: 'other', text }, `what ${this.name} hears`);
  }

  async #next() {
    const line = this.page.locator('.line').nth(this.#seen);
    await line.waitFor({ state: 'attached' });
    this.#seen++;
    return {
      kind: await line.evaluate(({ classList }) => [...classList].filter((name) => name !== 'line').join()),
      text: await line.locator('.text').evaluate((text) => text.textContent),
    };
  }

  async seesNothingMore() {
    assert.equal(await this.page.locator('.line').count(), this.#seen, `lines ${this.name} has`);
  }

  /** How far the log is from its end, in pixels, when the next frame is painted. */
  distanceToEnd() {
    return this.log.evaluate(async (log) => {
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
      return log.scrollHeight - log.clientHeight - log.scrollTop;
    });
  }

  /** How the first line of that kind looks. A background that nobody sees is 'none'. */
  looksOf(kind) {
    return this.page.locator(`.line.${kind}`).first().evaluate((line) => {
      const { x, width } = line.getBoundingClientRect();
      const { backgroundColor, color, fontSize } = getComputedStyle(line);
      const background = /, 0\)$|^transparent$/.test(backgroundColor) ? 'none' : backgroundColor;
      return { background, ink: color, size: parseFloat(fontSize), middle: x + width / 2, width };
    });
  }

  /** How light the page is, from 0 to 1, and how each kind of text stands out from what is behind it (WCAG 2). */
  contrasts() {
    return this.page.evaluate(() => {
      const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
      const luminance = (colour) => {
        const [red, green, blue] = channels(colour).map((value) =>
          (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const behind = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return (channels(colour)[3] ?? 1) === 0 ? behind(element.parentElement) : colour;
      };
      const contrast = (selector, pseudo) => {
        const element = document.querySelector(selector);
        const pair = [luminance(getComputedStyle(element, pseudo).color), luminance(behind(element))];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      };
      return {
        page: luminance(behind(document.body)),
        texts: {
          own: contrast('.own .text'), other: contrast('.other .text'), notice: contrast('.notice .text'),
          state: contrast('#state'), title: contrast('h1 span'), placeholder: contrast('textarea', '::placeholder'),
        },
      };
    });
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
  }

  /** What the console complained of, failed attempts to connect apart. */
  get unexpectedErrors() {
    return this.errors.filter((text) => !/^WebSocket connection to 'ws:\S+' failed/.test(text));
  }

  takesPicture(name) {
    return this.page.screenshot({ path: join(Person.artefacts, `${name}.png`), animations: 'disabled' });
  }

  leaves() { return this.page.context().close(); }
}
