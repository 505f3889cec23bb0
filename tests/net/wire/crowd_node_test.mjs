// A thousand clients that nobody here wrote, in one chat: Node's `ws`. Rules T-16, W-73, D-7, C-10.
//
// The twin of crowd_test.py: everybody hears everything said by the others exactly once and all in one
// order, which the test kit's checker of promises finds; the join notices add up; at SIGTERM every client is told 1001, and the program ends with 0 within
// the close deadline and a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Program, within } from '../../app/browser/program.mjs';
import { came, Client, LIMIT, welcome } from './chat_client.mjs';
import { Recording } from './recording.mjs';

const CLIENTS = 1000;
const AT_ONCE = 50; // that come in at the same time
const [TALKERS, LINES] = [10, 12];
// Half a million notices would tell the checker nothing, unless they come too early.
class WithoutNotices extends Recording {
  #greeted = new Set();

  note(verb, who, ...texts) {
    if (verb === 'heard' && texts[0] === came && this.#greeted.has(who)) return;
    if (verb === 'heard') this.#greeted.add(who);
    super.note(verb, who, ...texts);
  }
}

const ENDED = 6_000 * Number(process.env.CALLSIGN_PATIENCE ?? 1); // close deadline and a second

for (const where of ['worker', 'connection']) {
  test(`a thousand hear the same in the same order, spoken for by the ${where}`, async () => {
    const program = await Program.start(process.env.CALLSIGN_CHAT, ['127.0.0.1'], '--port', '0', '--ping', '0',
      '--placement', where, '--io-threads', '2');
    try {
      const recording = new WithoutNotices();
      const clients = [];
      while (clients.length < CLIENTS)
        clients.push(...await Promise.all(Array.from({ length: AT_ONCE }, (_, n) =>
          Client.joins(program, `client ${clients.length + n}`, recording))));

      const talkers = clients.filter((_, n) => n % (CLIENTS / TALKERS) === 0);
      for (let line = 0; line < LINES; ++line) talkers.forEach((client, n) => client.says(`${n}:${line}`));
      const said = TALKERS * LINES;
      const due = (client) => said - (talkers.includes(client) ? LINES : 0);
      await Promise.all(clients.map((client) =>
        client.until('everything', () => client.lines >= due(client), 6 * LIMIT)));
      assert.deepEqual(recording.broken(welcome), []); // before they end: who has ended has lost nothing

      const began = performance.now();
      const end = program.stop();
      const codes = await within(6 * LIMIT, 'the last Close', Promise.all(clients.map((client) => client.ended)));
      assert.deepEqual(await end, { code: 0, signal: null }, program.output);
      const took = performance.now() - began;
      assert.ok(took <= ENDED, `it took ${took} ms`);
      assert.deepEqual([...new Set(codes.map(({ code }) => code))], [1001]);

      assert.deepEqual(recording.broken(welcome), []);

      // The k-th to come in has heard of everybody after it. Where connections speak for themselves, those
      // who come in at the same time may both hear of each other (W-74 is the worker's).
      const notices = clients.map((client) => client.heard.filter((text) => text === came).length)
        .sort((a, b) => a - b);
      const isRight = where === 'worker' ? (n, k) => n === k : (n, k) => k <= n && n < CLIENTS;
      assert.ok(notices.every(isRight), notices.join(' '));
      console.log(`${where}: ${CLIENTS} clients, ${said} lines to all, ended in ${Math.round(took)} ms`);
    } finally {
      program.end();
    }
  });
}
