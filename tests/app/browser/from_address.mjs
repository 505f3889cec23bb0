// A way to the program that seems to come from another address of the loopback.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Passes bytes on to a program, dialling from `address`. */
export class Detour {
  #server;
  #lines = new Set();

  static async to(port, address) {
    const detour = new Detour();
    detour.#server = createServer((near) => {
      const far = connect({ host: '127.0.0.1', port, localAddress: address });
      detour.#join(near, far);
      detour.#join(far, near);
    });
    detour.#server.listen(0, '127.0.0.1');
    await once(detour.#server, 'listening');
    detour.port = detour.#server.address().port;
    return detour;
  }

  #join(from, to) {
    this.#lines.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy()); // such as a program that is not there
    from.on('close', () => {
      this.#lines.delete(from);
      to.destroy();
    });
  }

  end() {
    this.#server.close();
    for (const line of this.#lines) line.destroy();
  }
}
