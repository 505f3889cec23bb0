// The seed's chat with clients that nobody here wrote: Node's `ws`.
//
// Variant A of section 6 of the 4D rules, to the letter, under both placements and with one and two I/O
// threads: exactly these frames at exactly these clients, in one order for all, and the close codes of
// section 3.5 as far as a client can see them. What each client heard is compared whole at the end.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Program, within } from '../../app/browser/program.mjs';
import { came, Client, left, LIMIT, welcome } from './chat_client.mjs';
import { Recording } from './recording.mjs';

const placements = ['worker', 'connection'].flatMap((where) => ['1', '2'].map((threads) => [where, threads]));

for (const [where, threads] of placements) {
  describe(`clients spoken for by the ${where}, ${threads} I/O thread(s)`, () => {
    const programs = [];
    const chat = async () => {
      const program = await Program.start(process.env.CALLSIGN_CHAT, ['127.0.0.1'], '--port', '0', '--ping', '0',
        '--placement', where, '--io-threads', threads);
      programs.push(program);
      return program;
    };
    after(() => programs.forEach((program) => program.end()));

    test('everybody hears exactly what is theirs', async () => {
      const program = await chat();
      const ana = await Client.joins(program);
      const bob = await Client.joins(program);
      await ana.hasHeard(2);
      const eve = await Client.joins(program);
      await ana.hasHeard(3);
      await bob.hasHeard(2);

      ana.says('Guten Abend, <i>Bob</i> 👋');
      await bob.hasHeard(3);
      bob.says(Buffer.from([0, 255, 7]));
      await eve.hasHeard(3);
      await ana.hasHeard(4);

      assert.equal((await bob.leaves(1000, 'enough')).code, 1000);
      await ana.hasHeard(5);
      await eve.hasHeard(4);
      await eve.vanishes();
      await ana.hasHeard(6);
      const last = await Client.joins(program);
      await ana.hasHeard(7);
      assert.equal((await last.leaves(3999)).code, 3999);
      await ana.hasHeard(8);

      assert.deepEqual(ana.heard, [welcome, came, came, [0, 255, 7], left, left, came, left]);
      assert.deepEqual(bob.heard, [welcome, came, 'Guten Abend, <i>Bob</i> 👋']);
      assert.deepEqual(eve.heard, [welcome, 'Guten Abend, <i>Bob</i> 👋', [0, 255, 7], left]);
      assert.deepEqual(last.heard, [welcome]);
      const end = program.stop();
      assert.equal((await within(LIMIT, 'the last Close', ana.ended)).code, 1001);
      assert.deepEqual(await end, { code: 0, signal: null });
    });

    test('two hundred hear the same in the same order', async () => {
      const [crowd, lines] = [200, 5];
      const program = await chat();
      const recording = new Recording();
      const clients = await Promise.all(Array.from({ length: crowd }, (_, n) =>
        Client.joins(program, `client ${n}`, recording)));
      clients.forEach((client, n) => {
        for (let line = 0; line < lines; ++line) client.says(`${n}:${line}`);
      });
      await Promise.all(clients.map((client) =>
        client.until('everything', () => client.lines >= (crowd - 1) * lines)));

      // The k-th to come in has heard of everybody after it. Where connections speak for themselves, those
      // who come in at the same time may both hear of each other (W-74 is the worker's).
      const notices = clients.map((client) => client.heard.filter((text) => text === came).length).sort((a, b) => a - b);
      const isRight = where === 'worker' ? (n, k) => n === k : (n, k) => k <= n && n < crowd;
      assert.ok(notices.every(isRight), notices.join(' '));

      assert.deepEqual(recording.broken(welcome), []); // before they end: who has ended has lost nothing
      const end = program.stop();
      for (const client of clients) assert.equal((await within(LIMIT, 'a Close', client.ended)).code, 1001);
      assert.deepEqual(await end, { code: 0, signal: null });
      assert.deepEqual(recording.broken(welcome), []);
    });
  });
}
