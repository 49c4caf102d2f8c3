// SPDX-License-Identifier: GPL-2.0-or-later
// What the softphone's integration makes of SIP headers, without a browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { E911, parseInfo, parseWarning } from '../../utils/softphone/e911.js';

const PAGE = 'https://911.example.com/agent/#token=a.b-c_d';
const OFFER = `<${PAGE}>;purpose=e911-location`;

/** JsSIP's UA as far as E911 sees it. */
class FakeUa {
  registers = 0;

  on(name, listener) {
    assert.equal(name, 'newTransaction');
    this.listener = listener;
  }

  registrator() {
    return { register: () => { this.registers += 1; } };
  }

  call() {
    this.listeners = {};
    return { on: (name, listener) => { this.listeners[name] = listener; } };
  }

  /** A response to a request of that method. */
  answer(method, status, headers) {
    let reached = false;
    const transaction = {
      request: { method },
      eventHandlers: { onReceiveResponse: () => { reached = true; } },
    };
    this.listener({ transaction });
    transaction.eventHandlers.onReceiveResponse(message(status, headers));
    assert.ok(reached);
  }
}

function message(status, headers) {
  return { status_code: status, getHeaders: (name) => headers[name] ?? [] };
}

function watched() {
  const ua = new FakeUa();
  const e911 = new E911(ua);
  const events = [];
  for (const name of ['change', 'needed', 'call']) {
    e911.addEventListener(name, (event) => events.push(event.detail?.word ?? name));
  }
  return { ua, e911, events };
}

test('a header may hold several values, quoted and blank', () => {
  assert.deepEqual(
    parseInfo(['<http://a/>;purpose=icon, <http://b/#t=1,2>; Reason = "x" ;flag', '']),
    [{ uri: 'http://a/', params: { purpose: 'icon' } },
      { uri: 'http://b/#t=1,2', params: { reason: 'x', flag: '' } }]);
});

test('a warning of another is not ours', () => {
  assert.equal(parseWarning(['399 proxy "location-missing: no"', '305 e911 "x-y: z"']), null);
  assert.deepEqual(parseWarning(['307 isi.edu "x"', '399 e911 "location-old: confirm it"']),
    { word: 'location-old', text: 'confirm it' });
});

test('it freezes and thaws as REGISTER says, and keeps the newest token', () => {
  const { ua, e911, events } = watched();
  ua.answer('REGISTER', 200, { 'Call-Info': [`${OFFER};reason=location-missing`] });
  assert.equal(e911.link, PAGE);
  assert.equal(e911.reason, 'location-missing');
  assert.equal(e911.mayCall('5125550100'), false);
  assert.ok(e911.mayCall('911') && e911.mayCall('933') && e911.mayCall('112'));
  assert.deepEqual(events, ['change', 'needed']);
  // closed by the agent, it does not come again with each refresh
  ua.answer('REGISTER', 200, { 'Call-Info': [`${OFFER};reason=location-missing`] });
  assert.deepEqual(events, ['change', 'needed']);
  ua.answer('REGISTER', 200, {
    'Call-Info': ['<http://other/>;purpose=info', OFFER.replace('c_d', 'new')],
  });
  assert.equal(e911.link, PAGE.replace('c_d', 'new'));
  assert.equal(e911.frozen, false);
});

test('nothing else is an offer', () => {
  const { ua, e911, events } = watched();
  ua.answer('REGISTER', 401, { 'Call-Info': [`${OFFER};reason=location-missing`] });
  ua.answer('OPTIONS', 200, { 'Call-Info': [`${OFFER};reason=location-missing`] });
  ua.answer('REGISTER', 200, {
    'Call-Info': ['<javascript:alert(1)>;purpose=e911-location;reason=location-missing',
      '<https://a/>;reason=location-missing'],
  });
  ua.answer('REGISTER', 200, {});
  assert.deepEqual([e911.link, e911.frozen, events.length], [null, false, 0]);
});

test('a refused call freezes, whatever REGISTER has said', () => {
  const { ua, e911, events } = watched();
  const refusal = {
    'Error-Info': ['<https://911.example.com/agent/>;reason=location-moved'],
    Warning: ['399 e911 "location-moved: you seem to be elsewhere"'],
  };
  e911.call('5125550100');
  ua.listeners.failed({ message: message(403, refusal) });
  assert.equal(e911.reason, 'location-moved');
  assert.equal(e911.link, 'https://911.example.com/agent/');
  assert.deepEqual(events, ['change', 'needed']);
  ua.answer('REGISTER', 200, { 'Call-Info': [OFFER] });
  ua.listeners.failed({ message: message(403, refusal) });
  assert.equal(e911.link, PAGE); // with its token, not the bare one
  ua.answer('REGISTER', 200, { 'Call-Info': [OFFER] });
  for (const other of [undefined, message(486, refusal), message(403, {})]) {
    ua.listeners.failed({ message: other });
  }
  assert.equal(e911.frozen, false);
});

test('what is stated thaws at once, and the proxy is asked', () => {
  const { ua, e911 } = watched();
  ua.answer('REGISTER', 200, { 'Call-Info': [`${OFFER};reason=location-missing`] });
  e911.stated();
  assert.equal(e911.frozen, false);
  assert.equal(ua.registers, 1);
  ua.answer('REGISTER', 200, { 'Call-Info': [`${OFFER};reason=location-invalid`] });
  assert.equal(e911.frozen, true);
});

test('an emergency call tells whether the location was sent', () => {
  const { ua, e911, events } = watched();
  e911.call('911');
  ua.listeners.progress({ response: message(180, { Warning: ['399 e911 "location-sent: x"'] }) });
  ua.listeners.accepted({ response: message(200, {}) });
  ua.listeners.progress({ response: null });
  assert.deepEqual(events, ['location-sent']);
});
