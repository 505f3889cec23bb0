// A chat recorded from real browsers, and replayed:
//
//   node tests/app/browser/recording_test.mjs path/to/callsign-script [path for the recording]
//
// The chat comes from CALLSIGN_CHAT. Two people sit in front of its page in one Chromium; a third client is
// that of the package ws. With a path the recording is kept there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { chromium, WebSocket } from '../../clients/packages.mjs';
import { limit, Person } from './person.mjs';
import { Program, within } from './program.mjs';

const [player, kept] = process.argv.slice(2);
const run = (...words) => promisify(execFile)(player, words, { timeout: 60_000 });

test('AChatOfRealBrowsersReplays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callsign-'));
  const file = join(folder, 'browsers.recording');
  let program;
  let browser;
  try {
    program = await Program.start(resolve(process.env.CALLSIGN_CHAT), ['127.0.0.1'], '--port', '0', '--io-threads', '2',
      '--record', file);
    browser = await chromium.launch({
      executablePath: process.env.CALLSIGN_CHROMIUM || '/usr/bin/chromium',
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    });
    const url = `http://127.0.0.1:${program.port}/`;
    const ana = await Person.meets(browser, 'ana');
    const bob = await Person.meets(browser, 'bob');
    await ana.opens(url);
    await ana.notices('Welcome on the chat!');
    await bob.opens(url);
    await bob.notices('Welcome on the chat!');
    await ana.notices('New client connected');

    await bob.says('Good evening');
    await ana.hears('Good evening');
    await ana.says('Good evening! <b>Is that you</b>, on "the" train? 🚆');
    await bob.hears('Good evening! <b>Is that you</b>, on "the" train? 🚆');

    const eve = new WebSocket(`ws://127.0.0.1:${program.port}/chat`);
    await within(limit, 'eve to be greeted', once(eve, 'message'));
    await ana.notices('New client connected');
    await bob.notices('New client connected');
    await bob.saysMany('line', 100);
    await ana.page.getByText('line 100', { exact: true }).waitFor();
    eve.terminate();
    await ana.page.getByText('Client disconnected', { exact: true }).waitFor();
    await bob.leaves();
    await ana.page.getByText('Client disconnected', { exact: true }).nth(1).waitFor();
    assert.deepEqual(await program.stop(), { code: 0, signal: null }, program.output);

    const { stdout } = await run('replay', file);
    assert.match(stdout, /of 3 clients, by chat .*: as recorded\n$/);

    const script = join(folder, 'browsers.script');
    const exported = (await run('export', file)).stdout;
    assert.match(exported, /^bob -> "Good evening"\nana <- "Good evening"$/m);
    await writeFile(script, exported);
    await run('run', script, '--seeds', '3');
    if (kept) await copyFile(file, kept);
  } finally {
    await browser?.close();
    program?.end();
    await rm(folder, { recursive: true, force: true });
  }
});
