// SPDX-License-Identifier: GPL-2.0-or-later
// e911 in a browser phone on JsSIP: copy this file.
//
// Call-Info in the 200 to REGISTER links to the page on which the agent states
// where he is. A reason beside it, or a 403 to a call, says that no ordinary
// call is let pass before he has. An emergency call always is.
//
//   const e911 = new E911(ua);                // before ua.start()
//   const dialog = new LocationDialog(e911);  // opens by itself
//   button.onclick = () => dialog.open();     // "My location"
//   e911.addEventListener('change', () => show(e911.frozen, e911.reason));
//   if (e911.mayCall(number)) e911.call(number, options);

const PURPOSE = 'e911-location';

/** Values of Call-Info or Error-Info as [{uri, params: {name: value}}]. */
export function parseInfo(values) {
  return values.flatMap((value) => [...value.matchAll(/<([^>]*)>([^<,]*)/g)])
    .map(([, uri, rest]) => ({
      uri,
      params: Object.fromEntries(rest.split(';').slice(1).map((param) => {
        const [name, ...value] = param.split('=');
        return [name.trim().toLowerCase(),
          value.join('=').trim().replace(/^"(.*)"$/, '$1')];
      })),
    }));
}

/** {word, text} of the Warning header (RFC 3261 20.43) that e911 writes. */
export function parseWarning(values) {
  const found = values.map((v) => /^399 e911 "([a-z-]+)(?:: )?([^"]*)"/.exec(v))
    .find(Boolean);
  return found ? { word: found[1], text: found[2] } : null;
}

/** A link of ours, or null: what else may come with a header opens nothing. */
function webPage(uri) {
  try {
    const url = new URL(uri);
    return ['https:', 'http:'].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/**
 * What the phone knows of its agent's location. Events: "change" when anything
 * below is another; "needed" when the agent has to state or confirm it;
 * "call" (detail: {session, word, text}) when the proxy says of an emergency
 * call whether the location was sent.
 */
export class E911 extends EventTarget {
  /** Of the page, with the newest token behind its #; null before there is. */
  link = null;

  /** "" or why calls are refused: location-missing, location-moved, ... */
  reason = '';

  constructor(ua, { numbers = ['911', '933', '112'] } = {}) {
    super();
    this.ua = ua;
    this.numbers = numbers;
    // "registered" tells of the first 200 only, and tokens come with each
    ua.on('newTransaction', ({ transaction }) => this.#watch(transaction));
  }

  get frozen() {
    return this.reason !== '';
  }

  isEmergency(number) {
    return this.numbers.includes(number);
  }

  mayCall(number) {
    return !this.frozen || this.isEmergency(number);
  }

  /** ua.call(), with an eye on the answer. */
  call(number, options = {}) {
    const session = this.ua.call(number, options);
    session.on('failed', ({ message }) => this.#refused(message));
    for (const answer of ['progress', 'accepted']) {
      session.on(answer, ({ response }) => this.#answered(session, response));
    }
    return session;
  }

  /** The page says that the location is stated: ask the proxy. */
  stated() {
    this.#become(this.link, '');
    this.ua.registrator().register();
  }

  #watch(transaction) {
    if (transaction.request.method !== 'REGISTER') {
      return;
    }
    const handlers = transaction.eventHandlers;
    const inner = handlers.onReceiveResponse;
    handlers.onReceiveResponse = (response) => {
      inner(response);
      if (response.status_code >= 200 && response.status_code < 300) {
        this.#offered(response);
      }
    };
  }

  #offered(response) {
    const offer = parseInfo(response.getHeaders('Call-Info'))
      .find(({ uri, params }) => params.purpose === PURPOSE && webPage(uri));
    const before = this.reason;
    this.#become(offer?.uri ?? this.link, offer?.params.reason ?? '');
    if (this.frozen && this.reason !== before) {
      this.dispatchEvent(new Event('needed'));
    }
  }

  #refused(message) {
    const warning = message?.status_code === 403
      && parseWarning(message.getHeaders('Warning'));
    if (!warning) {
      return;
    }
    const [info] = parseInfo(message.getHeaders('Error-Info'))
      .filter(({ uri }) => webPage(uri));
    this.#become(this.link ?? info?.uri ?? null, warning.word);
    this.dispatchEvent(new Event('needed'));
  }

  #answered(session, response) {
    const warning = response && parseWarning(response.getHeaders('Warning'));
    if (warning) {
      this.dispatchEvent(
        new CustomEvent('call', { detail: { session, ...warning } }));
    }
  }

  #become(link, reason) {
    const changed = link !== this.link || reason !== this.reason;
    this.link = link;
    this.reason = reason;
    if (changed) {
      this.dispatchEvent(new Event('change'));
    }
  }
}

const TEXTS = {
  title: 'Your location for 911',
  emergency: 'Call 911',
  close: 'Close',
  missing: 'The page for your location is not known yet. 911 works all the same.',
};

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/**
 * The agent's page in a modal. It opens when the location is needed, and closes
 * when the page has said that it is stated. It can be closed before: the phone
 * stays frozen then. dial: calls an emergency number; without it there is no
 * such button. texts: as TEXTS.
 */
export class LocationDialog {
  #frame = null;

  constructor(e911, { parent = document.body, dial = null, texts = {} } = {}) {
    this.e911 = e911;
    this.texts = { ...TEXTS, ...texts };
    this.#build(parent, dial);
    e911.addEventListener('needed', () => this.open());
    window.addEventListener('message', (event) => this.#hear(event));
  }

  open() {
    if (this.dialog.open) {
      return;
    }
    const { link } = this.e911;
    // made anew each time: another token behind the # alone loads no page
    this.#frame = link && element('iframe', {
      title: this.texts.title, allow: 'geolocation', src: link,
    });
    this.holder.replaceChildren(this.#frame ?? this.texts.missing);
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  #build(parent, dial) {
    const { title, emergency, close } = this.texts;
    const id = `e911-${crypto.randomUUID()}`;
    const call = element('button', {
      type: 'button', className: 'e911-emergency', textContent: emergency,
      hidden: !dial, onclick: () => { this.close(); dial(); },
    });
    const shut = element('button', {
      type: 'button', className: 'e911-close', textContent: close,
      onclick: () => this.close(),
    });
    this.holder = element('div', { className: 'e911-page' });
    this.dialog = element('dialog', { className: 'e911-dialog' },
      element('header', {}, element('h2', { id, textContent: title }), call, shut),
      this.holder);
    this.dialog.setAttribute('aria-labelledby', id);
    this.dialog.addEventListener('close', () => {
      this.#frame = null;
      this.holder.replaceChildren();
    });
    parent.append(this.dialog);
  }

  #hear({ source, origin, data }) {
    const ours = this.#frame && source === this.#frame.contentWindow
      && origin === new URL(this.#frame.src).origin;
    if (!ours || data?.type !== PURPOSE) {
      return;
    }
    if (data.state === 'stated' || data.state === 'confirmed') {
      this.e911.stated();
    }
    if (['stated', 'confirmed', 'closed'].includes(data.state)) {
      this.close();
    }
  }
}
