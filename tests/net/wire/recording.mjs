// The twin of recording.py: what clients said and heard, for the test kit's checker of promises.

import { spawnSync } from 'node:child_process';

export class Recording {
  #lines = [];

  /** `verb` is admitted, said, heard, leaves or ended; called when it happens to the client of that name. */
  note(verb, who, ...texts) {
    this.#lines.push([verb, who, ...texts.map((text) => JSON.stringify(text))].join('\t'));
  }

  /** What is not as promised, in words. */
  broken(greeting) {
    const done = spawnSync(process.env.CALLSIGN_CHECK_PROMISES, ['--greeting', JSON.stringify(greeting)],
      { input: `${this.#lines.join('\n')}\n`, encoding: 'utf8' });
    const isSound = done.status === 1 || (done.status === 0 && done.stdout === '');
    if (!isSound) throw new Error(`the checker failed: ${done.error ?? ''} ${done.stdout}${done.stderr}`);
    return done.stdout.split('\n').filter((line) => line !== '');
  }
}
