// The page of the chat, in three parts that can be read in this order:
//
//   1. rules       pure functions and values: no document, no socket, no clock
//   2. connection  keeps one WebSocket to the chat alive, for as long as the page is open
//   3. page        what the reader sees and types
//
// The server sends plain text and nothing else. It tells everybody but the sender what was said, so
// the page itself shows the sender's own line.

// ------------------------------------------------------------------------------------------ 1. rules

export const limits = {
  keptLines: 1000, //         lines that stay in the page; the oldest go first
  firstDelay: 1_000, //       ms before the first new attempt; doubles with each that fails …
  longestDelay: 15_000, //    … up to this
  openWithin: 10_000, //      ms an attempt may take: a firewall that swallows packets never answers
  steadyAfter: 5_000, //      ms after which even a silent connection counts as a success
};

/** The WebSocket's address, next door to the page: same host, same port, encrypted if the page is. */
export function socketUrl(location, path) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return new URL(path, `${scheme}//${location.host}/`).href;
}

const notices = new Set(['Welcome on the chat!', 'New client connected', 'Client disconnected']);

/**
 * Is this one of the server's own remarks? All messages are plain text, so only the wording tells.
 * Somebody who types exactly these words will look like the server; that is as far as it goes.
 */
export const isNotice = (text) => notices.has(text);

export const utf8Length = (text) => new TextEncoder().encode(text).length;

/**
 * What is to become of the text in the input: `send`, `ignore`, or `complain` with the reason. A message
 * of more than `most` bytes would end the connection.
 */
export function judge(text, isConnected, most) {
  if (text.trim() === '') return { verdict: 'ignore' };
  if (!isConnected) {
    return { verdict: 'complain', reason: 'There is no connection. Your text stays here until there is.' };
  }
  const bytes = utf8Length(text);
  if (bytes > most) {
    const [is, may] = [bytes, most].map((n) => n.toLocaleString('en'));
    return { verdict: 'complain', reason: `Too long: this message has ${is} bytes, the chat takes ${may}.` };
  }
  return { verdict: 'send' };
}

/**
 * How long to wait after so many failures in a row, in ms. The delay doubles up to a cap; half of it
 * is left to chance, so that a thousand pages which lost their server together do not come back together.
 */
export function retryDelay(failures, chance) {
  const most = Math.min(limits.longestDelay, limits.firstDelay * 2 ** failures);
  return most / 2 + (most / 2) * chance;
}

/**
 * Remembers how the attempts have fared. Times are ms of any steady clock; chance is in [0, 1).
 *
 * That a connection opens is not yet a success: a server may accept a client only to show it out. It is
 * one when the server has said something (this one greets) or when it has lasted a while.
 */
export class Patience {
  #failures = 0;
  #hasEverSucceeded = false;
  #openedAt = null;
  #heard = false;

  opened(now) {
    this.#openedAt = now;
    this.#heard = false;
  }

  heard() {
    this.#heard = true;
  }

  /** The attempt or the connection is over: in which state are we now, and when is the next attempt? */
  closed(now, chance) {
    const lasted = this.#openedAt === null ? -1 : now - this.#openedAt;
    if (this.#openedAt !== null && (this.#heard || lasted >= limits.steadyAfter)) {
      this.#failures = 0;
      this.#hasEverSucceeded = true;
    }
    this.#openedAt = null;
    return {
      state: this.#hasEverSucceeded ? 'reconnecting' : 'refused',
      delay: retryDelay(this.#failures++, chance),
    };
  }
}

/**
 * The state in words, and a detail that may change every second. The words stay the same from one
 * failed attempt to the next, so that a screen reader says them once.
 */
export function describe(state, msLeft) {
  const seconds = Math.ceil(msLeft / 1000);
  switch (state) {
    case 'connecting':
      return { words: 'connecting…', detail: '' };
    case 'connected':
      return { words: 'connected', detail: '' };
    case 'reconnecting':
      return { words: 'reconnecting', detail: seconds > 0 ? ` in ${seconds} s…` : ' now…' };
    case 'refused':
      return {
        words: 'refused or unreachable',
        detail: seconds > 0 ? `, next try in ${seconds} s…` : ', trying now…',
      };
  }
  throw new TypeError(`no such state: ${state}`);
}

// ------------------------------------------------------------------------------------- 2. connection

/**
 * A connection that comes back. It says `onState(state, msLeft)` whenever there is something new to
 * show, and `onMessage(data)` for each message heard: a string, or an ArrayBuffer if it was binary.
 */
class Connection {
  #url;
  #listener;
  #patience = new Patience();
  #socket = null;
  #state = 'connecting';
  #dueAt = 0;
  #attemptLimit;
  #countdown;

  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    this.#attempt();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(text) {
    this.#socket.send(text);
  }

  /** Ends the waiting, if we are waiting. */
  tryNow() {
    if (!this.#socket) this.#attempt();
  }

  #attempt() {
    clearInterval(this.#countdown);
    this.#show(this.#state, 0);

    // Exactly one `close` event follows, whatever happens. A browser does not let a page know why an
    // attempt failed (a script could map a private network by it), hence "refused or unreachable".
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#opened());
    socket.addEventListener('message', ({ data }) => this.#heard(data));
    socket.addEventListener('close', () => this.#closed());
    this.#socket = socket;
    this.#attemptLimit = setTimeout(() => socket.close(), limits.openWithin);
  }

  #opened() {
    clearTimeout(this.#attemptLimit);
    this.#patience.opened(performance.now());
    this.#show('connected', 0);
  }

  #heard(data) {
    this.#patience.heard();
    this.#listener.onMessage(data);
  }

  #closed() {
    clearTimeout(this.#attemptLimit);
    this.#socket = null;
    const now = performance.now();
    const { state, delay } = this.#patience.closed(now, Math.random());
    this.#dueAt = now + delay;
    this.#show(state, delay);
    this.#countdown = setInterval(() => this.#tick(), 250);
  }

  #tick() {
    const left = this.#dueAt - performance.now();
    if (left > 0) this.#show(this.#state, left);
    else this.#attempt();
  }

  #show(state, msLeft) {
    this.#state = state;
    this.#listener.onState(state, msLeft);
  }
}

// ------------------------------------------------------------------------------------------- 3. page

/** The list of what was said. Stays at its end unless the reader has scrolled up to read. */
class Log {
  #element;
  #newer;
  #template;
  #lines = [];
  #isAtEnd = true;
  #lastTop = 0;
  #unseen = 0;
  #frame = null;
  #clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

  constructor(element, newer, template) {
    this.#element = element;
    this.#newer = newer;
    this.#template = template;
    element.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // A keyboard that slides in, a turned phone, a growing input: the end must stay in sight.
    new ResizeObserver(() => this.#settleSoon()).observe(element);
  }

  /** Adds a line. `kind` is `own`, `other` or `notice`. */
  add(kind, text) {
    const line = this.#template.content.firstElementChild.cloneNode(true);
    const when = new Date();
    line.classList.add(kind);
    line.querySelector('.who').textContent = { own: 'You: ', other: 'Somebody: ', notice: '' }[kind];
    line.querySelector('.text').textContent = text; // as text: markup in it is only characters
    line.querySelector('time').dateTime = when.toISOString();
    line.querySelector('time').textContent = this.#clock.format(when);
    this.#element.append(line);
    this.#lines.push(line);

    if (kind === 'own') this.toEnd();
    else if (!this.#isAtEnd) this.#count(this.#unseen + 1);
    this.#settleSoon();
    if (this.#lines.length >= 2 * limits.keptLines) this.#settle(); // a hidden page paints no frames
  }

  toEnd() {
    this.#isAtEnd = true;
    this.#count(0);
    this.#settleSoon();
  }

  // Once a frame is enough, however many lines came in it: asking for a height lays out the page.
  #settleSoon() {
    this.#frame ??= requestAnimationFrame(() => this.#settle());
  }

  #settle() {
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#forgetOldest();
    if (this.#isAtEnd) this.#scrollTo(this.#element.scrollHeight);
  }

  // Remembers where that led, so as not to be taken for the reader.
  #scrollTo(top) {
    this.#element.scrollTop = top;
    this.#lastTop = this.#element.scrollTop;
  }

  // Only a move upwards leaves the end. The bare distance would not do: a line that arrives between
  // our scrolling and the event about it looks as if the reader had scrolled.
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element;
    const hasMovedUp = scrollTop < this.#lastTop;
    this.#lastTop = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < (hasMovedUp ? 2 : 32)) {
      this.#isAtEnd = true;
      this.#count(0);
    } else if (hasMovedUp) {
      this.#isAtEnd = false;
    }
  }

  // What the reader is looking at must not move when lines above it go.
  #forgetOldest() {
    const surplus = this.#lines.length - limits.keptLines;
    if (surplus <= 0) return;
    const gone = this.#lines.splice(0, surplus);
    const place = () => (this.#isAtEnd ? 0 : this.#lines[0].getBoundingClientRect().top);
    const before = place();
    for (const line of gone) line.remove();
    if (!this.#isAtEnd) this.#scrollTo(this.#element.scrollTop + place() - before);
  }

  #count(unseen) {
    this.#unseen = unseen;
    this.#newer.hidden = unseen === 0;
    this.#newer.textContent = unseen === 1 ? '1 new message' : `${unseen} new messages`;
  }
}

function start() {
  const find = (id) => document.getElementById(id);
  const [status, state, detail, tryNow] = ['connection', 'state', 'detail', 'try-now'].map(find);
  const [composer, message, complaint] = ['composer', 'message', 'complaint'].map(find);
  const newer = find('newer');
  const log = new Log(find('log'), newer, find('line'));

  // An unchanged text is left alone: a live region announces what is written into it, new or not.
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const told = (name) => document.querySelector(`meta[name="callsign-${name}"]`).content;
  const most = Number(told('max-message'));
  const connection = new Connection(socketUrl(location, told('path')), {
    onState(name, msLeft) {
      const said = describe(name, msLeft);
      status.dataset.state = name;
      write(state, said.words);
      write(detail, said.detail);
      if (msLeft === 0 && document.activeElement === tryNow) message.focus();
      tryNow.hidden = msLeft === 0;
      if (name === 'connected') write(complaint, '');
    },
    onMessage(data) {
      if (typeof data !== 'string') log.add('notice', `A binary message of ${data.byteLength} bytes`);
      else log.add(isNotice(data) ? 'notice' : 'other', data);
    },
  });

  composer.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = message.value;
    const { verdict, reason } = judge(text, connection.isOpen, most);
    write(complaint, reason ?? '');
    if (verdict === 'send') {
      connection.send(text);
      log.add('own', text);
      message.value = '';
    }
    message.focus();
  });

  message.addEventListener('keydown', (event) => {
    // While an input method composes a word, Enter belongs to it (Safari tells by code 229 only).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    composer.requestSubmit();
  });

  message.addEventListener('input', () => write(complaint, ''));

  newer.addEventListener('click', () => {
    log.toEnd();
    message.focus();
  });

  tryNow.addEventListener('click', () => connection.tryNow());
  addEventListener('online', () => connection.tryNow());
}

// Outside a browser, where the rules are tested, there is no page to start.
if (globalThis.document) start();
