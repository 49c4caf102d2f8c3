// SPDX-License-Identifier: GPL-2.0-or-later
// A real Chromium for a test in another language: each line of the input is a
// script (JSON: {script, args}), the body of a function of page, context,
// browser, stats and args; each line of the output is what came of it (JSON:
// {value} or {error}). The first line is {options} of the browser's context; a
// later one that has options begins a new context in place of the old one.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.BROWSER_MODULES}/`);
const { chromium } = require('playwright-core');
const ALLOW = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--allow-loopback-in-peer-connection', // else no ICE candidate, no INVITE
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost'];
const PATIENCE = 10000;

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const write = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Keeps what a page's calls are made of, for stats(). */
function watch() {
  const Plain = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Plain {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
    }
  };
}

/** RTP packets {received, sent} of the newest call. */
const stats = (page) => page.evaluate(async () => {
  const found = { received: 0, sent: 0 };
  for (const report of (await window.connections.at(-1)?.getStats())?.values() ?? []) {
    if (report.type === 'inbound-rtp') {
      found.received += report.packetsReceived;
    } else if (report.type === 'outbound-rtp') {
      found.sent += report.packetsSent;
    }
  }
  return found;
});

const { options = {}, microphone = true } = await read();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: microphone ? [...FLAGS, ...ALLOW] : FLAGS,
});

/** A window that knows nothing of others. */
async function open(wanted) {
  const context = await browser.newContext(wanted);
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(watch);
  const page = await context.newPage();
  const said = [];
  context.on('weberror', (error) => said.push(String(error.error())));
  context.on('console', (message) => said.push(message.text()));
  return { context, page, said };
}

try {
  let { context, page, said } = await open(options);
  write({ value: 'ready' });
  for (let order = await read(); order; order = await read()) {
    try {
      if (order.options) {
        await context.close();
        ({ context, page, said } = await open(order.options));
      }
      const run = new AsyncFunction('page', 'context', 'browser', 'stats', 'said',
        'args', order.script);
      const value = await run(page, context, browser, stats, said, order.args ?? {});
      write({ value: value ?? null });
    } catch (error) {
      write({ error: `${error}\n${said.join('\n')}` });
    }
  }
} finally {
  await browser.close();
}
