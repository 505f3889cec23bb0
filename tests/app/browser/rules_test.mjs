// The rules of the chat page, without a browser:
//
//   node --test tests/app/browser/rules_test.mjs
//
// The page's script is read and imported as a `data:` URL, because Node before 20.19 takes a `.js` file
// for an ES module only if a package.json says so, and the page has none.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const source = await readFile(new URL('../../../app/chat/page/chat.js', import.meta.url), 'utf8');
const { Patience, describe, isNotice, judge, limits, retryDelay, socketUrl, utf8Length } = await import(
  `data:text/javascript,${encodeURIComponent(source)}`
);

const unlucky = 1 - Number.EPSILON; // chance is in [0, 1)

test('TheSocketIsNextDoorToThePage', () => {
  const url = (page, path) => socketUrl(new URL(page), path);

  assert.equal(url('http://127.0.0.1:8080/', '/chat'), 'ws://127.0.0.1:8080/chat');
  assert.equal(url('http://[::1]:8080/index.html?x#y', '/chat'), 'ws://[::1]:8080/chat');
  assert.equal(url('https://chat.example/', '/chat'), 'wss://chat.example/chat');
  assert.equal(url('https://chat.example:8443/deep/page', '/a/b c'), 'wss://chat.example:8443/a/b%20c');
});

test('OnlyTheServersExactWordsAreNotices', () => {
  for (const text of ['Welcome on the chat!', 'New client connected', 'Client disconnected']) {
    assert.ok(isNotice(text), text);
    assert.ok(!isNotice(`${text} `), `${text} and a space`);
    assert.ok(!isNotice(text.toLowerCase()), text.toLowerCase());
  }
  assert.ok(!isNotice(''));
});

test('TheDelayDoublesUpToTheCapAndHalfOfItIsChance', () => {
  const range = (failures) => [retryDelay(failures, 0), retryDelay(failures, unlucky)].map(Math.round);

  assert.deepEqual(range(0), [500, 1000]);
  assert.deepEqual(range(1), [1000, 2000]);
  assert.deepEqual(range(2), [2000, 4000]);
  assert.deepEqual(range(3), [4000, 8000]);
  assert.deepEqual(range(4), [7500, 15000]);
  assert.deepEqual(range(5), [7500, 15000]);
  assert.deepEqual(range(100_000), [7500, 15000]);
});

test('AClientThatWasNeverInIsRefusedAndWaitsLongerEachTime', () => {
  const patience = new Patience();

  const waits = [1, 2, 3, 4, 5, 6].map((now) => patience.closed(now, unlucky));

  assert.deepEqual(waits.map(({ state }) => state), Array(6).fill('refused'));
  assert.deepEqual(waits.map(({ delay }) => Math.round(delay)), [1000, 2000, 4000, 8000, 15000, 15000]);
});

test('AClientThatIsLetInOnlyToBeShownOutIsRefused', () => {
  const patience = new Patience();

  patience.opened(0);
  assert.deepEqual(patience.closed(3, 0), { state: 'refused', delay: 500 });
  patience.opened(600);
  assert.deepEqual(patience.closed(603, 0), { state: 'refused', delay: 1000 });
});

test('AGreetingMakesAConnectionASuccessAndTheDelayStartsAnew', () => {
  const patience = new Patience();
  patience.closed(0, 0);
  patience.closed(0, 0);

  patience.opened(10);
  patience.heard();
  assert.deepEqual(patience.closed(11, 0), { state: 'reconnecting', delay: 500 });

  assert.deepEqual(patience.closed(600, 0), { state: 'reconnecting', delay: 1000 });
});

test('ASilentConnectionIsASuccessWhenItHasLasted', () => {
  const patience = new Patience();

  patience.opened(0);
  assert.equal(patience.closed(limits.steadyAfter, 0).state, 'reconnecting');
});

test('WhatWasHeardOnAnEarlierConnectionDoesNotCountForThisOne', () => {
  const patience = new Patience();
  patience.opened(0);
  patience.heard();
  patience.closed(1, 0);

  patience.opened(600);
  assert.equal(patience.closed(601, 0).delay, 1000);
});

test('TheWordsStayTheSameWhileTheDetailCountsDown', () => {
  const said = (state, msLeft) => Object.values(describe(state, msLeft)).join('|');

  assert.equal(said('connecting', 0), 'connecting…|');
  assert.equal(said('connected', 0), 'connected|');
  assert.equal(said('reconnecting', 3400), 'reconnecting| in 4 s…');
  assert.equal(said('reconnecting', 0), 'reconnecting| now…');
  assert.equal(said('refused', 1), 'refused or unreachable|, next try in 1 s…');
  assert.equal(said('refused', 0), 'refused or unreachable|, trying now…');
  assert.throws(() => describe('asleep', 0), TypeError);
});

test('NothingButSpaceIsNotSentAndNotWorthAComplaint', () => {
  for (const text of ['', ' ', '\n', ' \t\n\u00a0 ']) {
    assert.equal(judge(text, true, 0).verdict, 'ignore');
    assert.equal(judge(text, false, 0).verdict, 'ignore');
  }
});

test('WithoutAConnectionThePageSaysSo', () => {
  const { verdict, reason } = judge('hello', false, 1000);

  assert.equal(verdict, 'complain');
  assert.match(reason, /no connection/);
});

test('TheLimitCountsUtf8BytesNotCharacters', () => {
  const most = 65_536;

  assert.equal(utf8Length('é€😀'), 2 + 3 + 4);
  assert.equal(judge('x'.repeat(most), true, most).verdict, 'send');
  assert.equal(judge('é'.repeat(most / 2), true, most).verdict, 'send');
  assert.deepEqual(judge('é'.repeat(most / 2) + 'x', true, most), {
    verdict: 'complain',
    reason: 'Too long: this message has 65,537 bytes, the chat takes 65,536.',
  });
});
