// The chat as people meet it: the real program, a real browser.
//
//   node tests/app/browser/browser_test.mjs path/to/callsign-chat [folder for screenshots]
//
// Both may come from the environment instead: CALLSIGN_CHAT and CALLSIGN_ARTEFACTS. CALLSIGN_CHROMIUM
// names another browser than /usr/bin/chromium. The driver, playwright-core, is taken from
// tests/clients/node_modules or from NODE_PATH.
//
// The scenes are one story and build on each other; after one that failed the rest is skipped. A page
// that failed leaves a screenshot. There is no sleeping: every wait is for an event and has a limit.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Detour } from './from_address.mjs';
import { limit, Person } from './person.mjs';
import { Program, within } from './program.mjs';

const [chat = process.env.CALLSIGN_CHAT, artefacts = process.env.CALLSIGN_ARTEFACTS ?? 'browser-artefacts'] =
  process.argv.slice(2);
if (!chat) {
  console.error('usage: node browser_test.mjs path/to/callsign-chat [folder for screenshots]');
  process.exit(2);
}
const { chromium } = createRequire(new URL('../../clients/', import.meta.url))('playwright-core');

const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
];

test('TheChatInABrowser', async (story) => {
  await mkdir(artefacts, { recursive: true });
  Person.artefacts = artefacts;
  const hasIpv6 = Object.values(networkInterfaces()).flat().some(({ address }) => address === '::1');
  const addresses = hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  const hers = '127.0.0.2'; // where eve comes from

  const people = new Set();
  let program;
  let detour; // by which eve comes
  let other; // a second program, for the last scene
  let browser;
  let hasFailed = false;

  const meets = async (name, window) => {
    const person = await Person.meets(browser, name, window);
    people.add(person);
    return person;
  };

  const scene = (name, play, { needs = true } = {}) => story.test(name, { timeout: 90_000 }, async (t) => {
    if (hasFailed) return t.skip('an earlier scene has failed');
    if (!needs) return t.skip('this machine has no ::1');
    try {
      await play();
    } catch (error) {
      hasFailed = true;
      for (const person of people) {
        await person.takesPicture(`failed-${person.name}`).catch(() => {});
        t.diagnostic(`console of ${person.name}: ${person.errors.join(' / ') || 'no errors'}`);
      }
      t.diagnostic(`the program said:\n${program.output}`);
      throw error;
    }
  });

  try {
    program = await Program.start(resolve(chat), addresses, '--port', '0', '--deny', hers);
    detour = await Detour.to(program.port, hers);
    browser = await chromium.launch({
      executablePath: process.env.CALLSIGN_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server', '--disable-smooth-scrolling',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    });
    const { port } = program;
    const url = `http://127.0.0.1:${port}/`;
    const ana = await meets('ana', { viewport: { width: 960, height: 720 }, deviceScaleFactor: 2 });
    const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    let bob = await meets('bob', phone);
    const eve = await meets('eve', { viewport: { width: 960, height: 720 } });

    await scene('ThePageIsServedWithAStrictPolicy', async () => {
      const response = await ana.opens(url);

      const headers = response.headers();
      assert.match(headers['content-type'], /^text\/html; ?charset=utf-8$/i);
      assert.deepEqual(headers['content-security-policy'].split(/\s*;\s*/).filter(Boolean).sort(), [...policy].sort());

      await ana.isTold(/^connected$/);
      await ana.notices('Welcome on the chat!');
    });

    await scene('WhatOneSaysTheOtherHears', async () => {
      await bob.opens(url);
      await bob.notices('Welcome on the chat!');
      await ana.notices('New client connected');

      await bob.says('Good evening');
      await ana.hears('Good evening');
      await ana.says('Good evening! Is that you on the train?');
      await bob.hears('Good evening! Is that you on the train?');

      await ana.seesNothingMore();
      await bob.seesNothingMore();
    });

    await scene('OwnLinesOthersAndNoticesLookDifferent', async () => {
      const [own, heard, notice] = [await ana.looksOf('own'), await ana.looksOf('other'), await ana.looksOf('notice')];

      assert.notEqual(own.background, heard.background);
      assert.ok(own.middle > heard.middle, 'own lines stand further to the right');
      assert.equal(notice.background, 'none', 'a notice is no bubble');
      for (const said of [own, heard]) {
        assert.notEqual(said.background, 'none');
        assert.notEqual(notice.ink, said.ink);
        assert.ok(notice.size < said.size, 'a notice is smaller');
        assert.ok(notice.width > said.width, 'and goes from side to side');
      }
    });

    await scene('MarkupIsShownAsText (T-23)', async () => {
      const markup = '<img src=x onerror="alert(1)"><b>bold</b> &amp; <script>alert(2)</script>';

      await bob.says(markup);
      await ana.hears(markup);

      for (const { log } of [ana, bob]) assert.equal(await log.locator('img, b, script').count(), 0);
    });

    await scene('TheLastLineIsInSightOnDeskAndPhoneByDayAndByNight', async () => {
      await bob.says('It is. The chat does well on a phone');
      await ana.hears('It is. The chat does well on a phone');
      await bob.says('It came back by itself after the last tunnel');
      await ana.hears('It came back by itself after the last tunnel');
      await ana.says('Then there is hope for the next one');
      await bob.hears('Then there is hope for the next one');

      for (const [person, device] of [[ana, 'desktop'], [bob, 'phone']]) {
        const seen = {};
        for (const colorScheme of ['light', 'dark']) {
          await person.page.emulateMedia({ colorScheme });
          assert.ok(await person.distanceToEnd() <= 1, 'the last line is in sight');
          await person.takesPicture(`chat-${device}-${colorScheme}`);
          seen[colorScheme] = await person.contrasts();
        }
        assert.ok(seen.light.page > 0.5, 'by day the page is light');
        assert.ok(seen.dark.page < 0.1, 'and by night it is dark');
        for (const [scheme, { texts }] of Object.entries(seen)) {
          assert.deepEqual(Object.keys(texts).sort(), ['notice', 'other', 'own', 'placeholder', 'state', 'title']);
          for (const [what, ratio] of Object.entries(texts))
            assert.ok(ratio >= 4.5, `${what} in ${scheme} on the ${device}: ${ratio.toFixed(2)} : 1`);
        }
      }
    });

    await scene('EveryTargetOnThePhoneIsLargeEnoughForAThumb', async () => {
      for (const target of [bob.input, bob.page.getByRole('button', { name: 'Send' })]) {
        const { width, height } = await target.boundingBox();
        assert.ok(width >= 44 && height >= 44, `${await target} is ${width} by ${height}`);
      }
      const [scrolled, shown] = await bob.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(scrolled <= shown, 'nothing sticks out at the side');
    });

    await scene('AKeyboardIsEnough', async () => {
      const { page } = ana;
      await ana.reloads();
      // Two connections, two orders; if the old one went last, the new one was told.
      const [, last] = await bob.noticesInAnyOrder('Client disconnected', 'New client connected');
      await ana.notices('Welcome on the chat!');
      if (last === 'Client disconnected') await ana.notices(last);

      assert.equal(await ana.focused(), 'message'); // one may type at once
      await page.keyboard.type('first');
      await page.keyboard.press('Shift+Enter');
      await page.keyboard.type('second');
      await page.keyboard.press('Enter');
      await ana.sees('own', 'first\nsecond');
      await bob.hears('first\nsecond');
      assert.equal(await ana.input.inputValue(), '');

      await page.keyboard.type('with the button');
      await page.keyboard.press('Tab');
      assert.equal(await ana.focused(), 'Send');
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
      await page.keyboard.press('Space');
      await ana.sees('own', 'with the button');
      await bob.hears('with the button');
      assert.equal(await ana.focused(), 'message');

      await page.keyboard.press('Shift+Tab');
      assert.equal(await ana.focused(), 'log'); // where the arrow keys scroll
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
    });

    await scene('EmptyInputIsNotSent', async () => {
      await ana.input.focus();
      await ana.page.keyboard.press('Enter');
      await ana.page.keyboard.type('   ');
      await ana.page.keyboard.press('Enter');
      await ana.input.fill('');

      await ana.says('something');
      await bob.hears('something'); // and nothing before it
    });

    await scene('AMessageMayHave64KiBAndNotAByteMore', async () => {
      const longest = 'é'.repeat(32 * 1024);

      await ana.input.fill(`${longest}x`);
      await ana.page.keyboard.press('Enter');
      await ana.complaint.filter({ hasText: 'Too long' }).waitFor();
      assert.equal(await ana.input.inputValue(), `${longest}x`);

      await ana.input.fill(longest);
      assert.equal(await ana.complaint.textContent(), '');
      await ana.page.keyboard.press('Enter');
      await ana.sees('own', longest);
      await bob.hears(longest);
      for (const { log } of [ana, bob]) {
        assert.ok(await log.evaluate((element) => element.scrollWidth <= element.clientWidth), 'a long word wraps');
      }
    });

    await scene('AReaderWhoScrolledUpIsNotDisturbed', async () => {
      assert.ok(await ana.distanceToEnd() <= 1);
      await ana.scrollsUp();
      const newer = ana.page.getByRole('button', { name: 'new message' });

      await bob.says('one');
      await ana.hears('one');
      await bob.says('two');
      await ana.hears('two');
      await newer.filter({ hasText: '2 new messages' }).waitFor();
      assert.ok(await ana.distanceToEnd() > 100, 'the place is kept');

      await newer.click();
      await newer.waitFor({ state: 'hidden' });
      assert.ok(await ana.distanceToEnd() <= 1);
      await bob.says('three');
      await ana.hears('three');
      assert.ok(await ana.distanceToEnd() <= 1, 'new lines are followed again');
    });

    await scene('WhoLeavesIsMissed', async () => {
      await bob.seesNothingMore();
      assert.deepEqual(bob.errors, []);
      await bob.leaves();
      people.delete(bob);

      await ana.notices('Client disconnected');
      await ana.seesNothingMore();
    });

    await scene('AndWelcomeBack', async () => {
      bob = await meets('bob', phone);
      await bob.opens(url);
      await bob.notices('Welcome on the chat!');
      await ana.notices('New client connected');
    });

    await scene('ARefusedClientIsToldSoAndKeepsTryingMoreAndMoreSlowly', async () => {
      // Time stands still in this page, but for what we let pass. Its delays are read off the page.
      await eve.page.clock.install({ time: new Date('2024-05-17T20:00:00') });
      await eve.page.clock.pauseAt(new Date('2024-05-17T20:00:01'));
      await eve.opens(`http://127.0.0.1:${detour.port}/`);

      const most = [1, 2, 4, 8, 15, 15, 15]; // s
      const waits = [];
      for (const [failures] of most.entries()) {
        await eve.isTold(/^refused or unreachable, next try in \d+ s…$/);
        assert.equal(eve.attempts, failures + 1);
        if (failures === 3) await eve.takesPicture('chat-refused');
        const wait = Number(/\d+/.exec(await eve.page.getByRole('status').textContent()));
        waits.push(wait);
        const next = eve.page.waitForEvent('websocket');
        await eve.page.clock.runFor(wait * 1000);
        await within(limit, 'the next attempt', next);
      }

      for (const [failures, wait] of waits.entries()) {
        assert.ok(wait >= Math.floor(most[failures] / 2) && wait <= most[failures], `waited ${waits} s`);
      }
      await eve.isTold(/next try in/);
      await eve.seesNothingMore();
      assert.ok(eve.errors.length >= most.length);
      for (const error of eve.errors) assert.match(error, /Unexpected response code: 403$/);
    });

    await scene('AStoppedServerEndsInOrderAndThePagesSaySo', async () => {
      assert.deepEqual(await program.stop(), { code: 0, signal: null }, program.output);

      for (const person of [ana, bob]) await person.isTold(/^reconnecting( in \d+ s…| now…)$/);
      await ana.input.fill('Is anybody there?');
      await ana.input.press('Enter');
      await ana.complaint.filter({ hasText: 'There is no connection' }).waitFor();
      assert.equal(await ana.input.inputValue(), 'Is anybody there?');
      await ana.takesPicture('chat-no-connection');
      await bob.takesPicture('chat-reconnecting-phone');
    });

    await scene('ThePagesComeBackWhenTheServerDoes', async () => {
      program = await Program.start(resolve(chat), addresses, '--port', String(port)); // denies nobody now

      for (const person of [ana, bob]) await person.isTold(/^connected$/);
      assert.equal(await ana.complaint.textContent(), '');
      await ana.input.press('Enter'); // the text is still there
      await bob.hearsAmongNotices('Is anybody there?');
    });

    await scene('WhoWasRefusedComesInAsSoonAsItIsAllowed', async () => {
      await eve.page.getByRole('button', { name: 'Try now' }).click();

      await eve.isTold(/^connected$/);
      await eve.notices('Welcome on the chat!');
      assert.equal(await eve.focused(), 'message');
      await eve.says('At last');
      await bob.hearsAmongNotices('At last');
    });

    await scene('ThePageKeepsTheLastThousandLines', async () => {
      await bob.saysMany('line', 1100);

      for (const person of [ana, bob]) {
        await person.page.getByText('line 1100', { exact: true }).waitFor();
        assert.ok(await person.distanceToEnd() <= 1);
        const texts = await person.page.locator('.line .text').allTextContents();
        assert.deepEqual(texts, Array.from({ length: 1000 }, (_, n) => `line ${n + 101}`));
      }
    });

    await scene('TheReadersPlaceStaysWhenOldLinesGo', async () => {
      await ana.scrollsUp();
      const line = ana.page.getByText('line 1090', { exact: true });
      const where = () => line.evaluate((element) => element.getBoundingClientRect().top);
      const before = await where();

      await bob.saysMany('more', 50);
      await ana.page.getByRole('button', { name: '50 new messages' }).waitFor();
      await ana.distanceToEnd(); // two frames later

      assert.equal(await ana.page.locator('.line').count(), 1000);
      // Scroll positions are rounded to the screen's pixels, in each frame anew; a row has 40.
      assert.ok(Math.abs(await where() - before) < 10, `moved from ${before} to ${await where()}`);
    });

    await scene('ThePageFindsItsSocketByIpv6Too', async () => {
      const guest = await meets('guest by IPv6');
      await guest.opens(`http://[::1]:${port}/`);
      await guest.notices('Welcome on the chat!');
      await guest.leaves();
      people.delete(guest);
    }, { needs: hasIpv6 });

    await scene('TheSocketMayHaveAnotherPathAndAnotherLimit', async () => {
      const flags = ['--port', '0', '--path', '/parley', '--max-message', '1000', '--deny', '::1/128'];
      other = await Program.start(resolve(chat), addresses, ...flags);
      const guest = await meets('guest');
      await guest.opens(`http://127.0.0.1:${other.port}/`);
      await guest.notices('Welcome on the chat!');

      await guest.input.fill('x'.repeat(1001));
      await guest.page.keyboard.press('Enter');
      await guest.complaint.filter({ hasText: 'this message has 1,001 bytes, the chat takes 1,000.' }).waitFor();
      await guest.page.keyboard.press('Backspace');
      await guest.page.keyboard.press('Enter');
      await guest.sees('own', 'x'.repeat(1000));
      await guest.isTold(/^connected$/);
      assert.equal(guest.attempts, 1);
    });

    await scene('WhoIsDeniedByItsIpv6AddressIsRefused', async () => {
      const stranger = await meets('stranger by IPv6');
      await stranger.opens(`http://[::1]:${other.port}/`); // the page is shown to everybody

      await stranger.isTold(/^refused or unreachable/);
      await stranger.seesNothingMore();
      assert.match(stranger.errors[0], /Unexpected response code: 403$/);
    }, { needs: hasIpv6 });

    await scene('TheOtherProgramEndsInOrderToo', async () =>
      assert.deepEqual(await other.stop(), { code: 0, signal: null }, other.output));

    await scene('NobodysConsoleHeldASurprise', async () => {
      for (const person of people) assert.deepEqual(person.unexpectedErrors, [], person.name);
    });
  } finally {
    await browser?.close();
    program?.end();
    other?.end();
    detour?.end();
  }
});
