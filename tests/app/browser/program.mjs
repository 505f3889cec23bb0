// A program under test, started and ended by its handle and by nothing else.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Waits for a promise, but not for ever. */
export async function within(ms, what, promise) {
  let limit;
  const tooLate = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(limit);
  }
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** One run of `callsign-chat`. */
export class Program {
  #child;
  #ended;
  output = '';

  /** Starts the program and waits until it listens on each of the addresses. */
  static async start(path, addresses, ...args) {
    const program = new Program();
    await program.#start(path, [...addresses.flatMap((address) => ['--address', address]), ...args], addresses);
    return program;
  }

  async #start(path, args, addresses) {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    }).finally(() => running.delete(child));
    this.#ended.catch(() => {}); // told to whoever waits below

    const missing = new Set(addresses);
    const listens = new Promise((resolve) => {
      const listen = (line) => {
        this.output += `${line}\n`;
        const [, host, port] = /^listening on http:\/\/(.+):(\d+)\/$/.exec(line) ?? [];
        if (!host) return;
        this.port = Number(port);
        missing.delete(host.replace(/^\[|\]$/g, ''));
        if (missing.size === 0) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', listen);
    });
    const failed = this.#ended.then(({ code, signal }) => {
      throw new Error(`${path} ended at once (${signal ?? code}) and said:\n${this.output}`);
    });
    failed.catch(() => {}); // only of interest until the program listens

    try {
      await within(15_000, `${path} to listen on ${addresses.join(' and ')}`, Promise.race([listens, failed]));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Asks the program to end in order and answers how it did: `{ code, signal }`. */
  stop() {
    this.#child.kill('SIGTERM');
    return within(15_000, 'the program to end after SIGTERM', this.#ended);
  }

  /** Ends the program if it still runs, whatever it is doing. */
  end() {
    if (running.has(this.#child)) this.#child.kill('SIGKILL');
  }
}
