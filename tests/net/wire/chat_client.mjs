// Somebody in the seed's chat, by Node's `ws`.

import { within } from '../../app/browser/program.mjs';
import { WebSocket } from '../../clients/packages.mjs';

export const [welcome, came, left] = ['Welcome on the chat!', 'New client connected', 'Client disconnected'];
export const LIMIT = 10_000 * Number(process.env.CALLSIGN_PATIENCE ?? 1);

/** Somebody in the chat, with a memory. */
export class Client {
  heard = [];
  lines = 0; // of what was heard, all but greetings and notices
  #waiting = new Set();

  /** With a recording, all that is said and heard is noted in it under the name. */
  static async joins(program, name = '', recording = undefined) {
    const client = new Client();
    client.note = (verb, ...texts) => recording?.note(verb, name, ...texts);
    client.ws = new WebSocket(`ws://127.0.0.1:${program.port}/chat`, { perMessageDeflate: false });
    client.ended = new Promise((resolve) => {
      client.ws.once('close', (code, reason) => {
        client.note('ended');
        resolve({ code, reason: reason.toString() });
      });
    });
    client.ws.on('error', () => {}); // the close that follows says it all
    client.ws.on('message', (data, isBinary) => client.#note(isBinary ? [...data] : data.toString()));
    client.ws.once('upgrade', () => client.note('admitted'));
    await client.hasHeard(1);
    return client;
  }

  #note(what) {
    this.heard.push(what);
    this.note('heard', what);
    this.lines += ![welcome, came, left].includes(what);
    for (const check of [...this.#waiting]) check();
  }

  until(what, isSo, limit = LIMIT) {
    return within(limit, what, new Promise((resolve) => {
      const check = () => {
        if (!isSo()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    }));
  }

  hasHeard(count) {
    return this.until(`${count} messages`, () => this.heard.length >= count);
  }

  says(what) {
    this.note('said', what);
    this.ws.send(what);
  }

  leaves(code, reason) {
    this.note('leaves');
    this.ws.close(code, reason);
    return within(LIMIT, 'the closing handshake', this.ended);
  }

  vanishes() {
    this.note('leaves');
    this.ws.terminate();
    return within(LIMIT, 'the end of the line', this.ended);
  }
}
