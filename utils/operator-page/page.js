// SPDX-License-Identifier: GPL-2.0-or-later
// The operator's page: who is covered, who is not, which calls there were, and
// how the ERSPs are. It asks again every five seconds while it is looked at.
import { Table } from './table.js';

const BASE = '../api/v1/';
const EVERY = 5000; // ms
const PATIENCE = 20000;
const KEPT = 'e911-key';
const PAGE = 100;
const CALL_PAGES = 5;
const CALLS_SHOWN = 50;

const byId = (id) => document.getElementById(id);
let key = sessionStorage.getItem(KEPT) ?? '';
let paused = false;
let timer = 0;
let locations = []; // as last asked for, all pages
let pages = 1;
let answered = null; // Date

// ----- the server -----

class Refused extends Error {
  constructor(status, wait = 0) {
    super(String(status));
    this.status = status;
    this.wait = wait;
  }
}

async function get(path, query = {}) {
  const wanted = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  let response;
  try {
    response = await fetch(`${BASE}${path}?${wanted}`, {
      headers: { Authorization: `Bearer ${key}` }, cache: 'no-store',
      credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Refused(0);
  }
  if (!response.ok) {
    throw new Refused(response.status, Number(response.headers.get('Retry-After')) || 0);
  }
  return response.json();
}

// ----- columns -----

const sum = (locations_ = {}, wanted) => Object.entries(locations_).flatMap(([verdict, by]) =>
  Object.entries(by).map(([freshness, n]) => (wanted(verdict, freshness) ? Number(n) : 0)))
  .reduce((a, b) => a + b, 0);
const fresh = ({ locations: l }) => sum(l, (verdict, freshness) => freshness === 'fresh');
const valid = ({ locations: l }) => sum(l, (verdict) => ['valid', 'corrected'].includes(verdict));
const suspect = ({ locations: l }) => sum(l, (verdict, freshness) => freshness === 'suspect');
const share = (part, whole) => (whole ? `${part} (${Math.floor((100 * part) / whole)} %)` : String(part));
const when = (value) => {
  const date = new Date(value || NaN);
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleString();
};
const yesNo = (value) => (value ? 'yes' : 'no');
const who = ({ aor = '', contact = '' }) => (contact ? `${aor} (${contact})` : aor);
const address = ({ location: l = {} }) => [
  [l.HNO, l.PRD, l.RD, l.STS, l.POD], [l.UNIT, l.FLR, l.ROOM, l.LOC], [l.A3, l.A1, l.PC],
].map((part) => part.filter(Boolean).join(' ')).filter(Boolean).join(', ');

const COVERAGE = [
  { title: 'Site', value: (r) => r.site },
  { title: 'Gate', value: (r) => r.gate },
  { title: 'Registered', value: (r) => r.contacts, number: true },
  { title: 'Located', value: (r) => r.located, text: (r) => share(r.located, r.contacts), number: true,
    alarm: (r) => r.located < r.contacts },
  { title: 'Fresh', value: fresh, number: true },
  { title: 'Valid', value: valid, number: true },
  { title: 'Suspect', value: suspect, number: true },
  { title: 'Gated', value: (r) => r.gated, number: true, alarm: (r) => r.gated > 0 },
];

const isDown = (r) => r.health !== 'active';
const ERSPS = [
  { title: 'Destination', value: (r) => r.uri },
  { title: 'Health', value: (r) => r.health, text: (r) => `${isDown(r) ? '✗' : '✓'} ${r.health}`, alarm: isDown },
  { title: 'Set', value: (r) => r.set, number: true },
  { title: 'Priority', value: (r) => r.priority, number: true },
  { title: 'Profile', value: (r) => r.profile },
  { title: 'Probed', value: (r) => yesNo(r.probed) },
  { title: 'Drained', value: (r) => yesNo(r.drained), alarm: (r) => r.drained },
];

const CALLS = [
  { title: 'Started', value: (r) => r.started, text: (r) => when(r.started) },
  { title: 'Agent', value: (r) => r.aor },
  { title: 'Site', value: (r) => r.site },
  { title: 'Call back', value: (r) => r.callback },
  { title: 'Test', value: (r) => yesNo(r.test) },
  { title: 'Proven', value: (r) => yesNo(r.proven) },
  { title: 'Ended', value: (r) => r.ended, text: (r) => when(r.ended) || 'not yet' },
];

const LOCATIONS = [
  { title: 'Agent', value: who },
  { title: 'Site', value: (r) => r.site },
  { title: 'Gate', value: (r) => r.gate, alarm: (r) => r.gate === 'closed' },
  { title: 'Verdict', value: (r) => r.verdict },
  { title: 'Freshness', value: (r) => r.freshness },
  { title: 'Reason', value: (r) => r.reason },
  { title: 'Confirmed', value: (r) => r.confirmed, text: (r) => when(r.confirmed) },
  { title: 'Address', value: address },
];

const tables = {
  coverage: new Table(byId('coverage'), 'Sites', COVERAGE, (r) => r.site),
  ersps: new Table(byId('ersps'), 'ERSPs', ERSPS, (r) => `${r.set} ${r.uri}`, 2),
  calls: new Table(byId('calls'), 'Recent emergency calls', CALLS, (r) => [r.call, r.started, r.aor, r.contact].join(' '), 0, true),
  locations: new Table(byId('locations'), 'Locations', LOCATIONS, who),
};

// ----- showing -----

const known = {}; // answers, by panel

function totals() {
  const sites = known.coverage ?? [];
  const ersps = known.ersps ?? [];
  const all = (value) => sites.map(value).reduce((a, b) => a + Number(b), 0);
  const down = ersps.filter(isDown).length;
  const shown = [
    ['Registered', all((r) => r.contacts)], ['Located', all((r) => r.located)],
    ['Fresh', all(fresh)], ['Valid', all(valid)],
    ['Suspect', all(suspect)], ['Gated', all((r) => r.gated), (n) => n > 0],
    ['ERSPs up', `${ersps.length - down} of ${ersps.length}`, () => down > 0],
  ];
  const holder = byId('totals');
  shown.forEach(([title, value, alarm], i) => {
    let div = holder.children[i];
    if (!div) {
      div = document.createElement('div');
      div.append(document.createElement('dt'), document.createElement('dd'));
      div.firstChild.textContent = title;
      holder.append(div);
    }
    if (div.lastChild.textContent !== String(value)) {
      div.lastChild.textContent = value;
    }
    div.classList.toggle('alarm', Boolean(alarm?.(value)));
  });
}

const filters = () => Object.fromEntries(new FormData(byId('filters')));

function showLocations() {
  const { site, verdict, freshness, gate, text } = filters();
  const holds = text.trim().toLowerCase();
  tables.locations.show(locations.filter((r) => (!site || r.site === site)
    && (!verdict || r.verdict === verdict) && (!freshness || r.freshness === freshness)
    && (!gate || r.gate === gate)
    && (!holds || `${who(r)} ${address(r)}`.toLowerCase().includes(holds))));
}

/** Further choices; those that are there stay. */
function offer(name, values) {
  const select = byId('filters').elements[name];
  const there = [...select.options].map((o) => o.value);
  for (const value of values.filter((v) => !there.includes(v))) {
    select.append(new Option(value, value));
  }
}

// ----- asking -----

/** {found, more}: so many pages of a list. */
async function getPages(path, count, query = {}) {
  const found = [];
  let cursor = '';
  for (let page = 0; page < count && (page === 0 || cursor); page += 1) {
    const answer = await get(path, { ...query, cursor, limit: PAGE });
    found.push(...answer[path]);
    cursor = answer.cursor ?? '';
  }
  return { found, more: Boolean(cursor) };
}

async function askLocations() {
  const { site, verdict, freshness, gate } = filters();
  const { found, more } = await getPages('locations', pages, { site, verdict, freshness, gate });
  byId('more').hidden = !more;
  locations = found;
  showLocations();
}

/** The newest may be on any page. */
async function askCalls() {
  const { found } = await getPages('calls', CALL_PAGES);
  tables.calls.show(found.sort((a, b) => b.started.localeCompare(a.started)).slice(0, CALLS_SHOWN));
}

const PANELS = {
  coverage: async () => {
    const [coverage, { sites }] = await Promise.all([get('coverage'), get('sites')]);
    const gates = new Map(sites.map((s) => [s.name, s.gate]));
    known.coverage = coverage.sites.map((s) => ({ ...s, gate: gates.get(s.site) }));
    tables.coverage.show(known.coverage);
    offer('site', known.coverage.map((r) => r.site));
  },
  ersps: async () => {
    known.ersps = (await get('ersps')).ersps;
    tables.ersps.show(known.ersps);
  },
  calls: askCalls,
  locations: askLocations,
};

function faultText({ status, wait }) {
  if (status === 429) {
    return `Asked too often; again in ${wait || 60} s.`;
  }
  return status === 0 ? 'No answer: this is as it was.'
    : `Not to be had (${status}): this is as it was.`;
}

async function ask(name) {
  try {
    await PANELS[name]();
    byId(`${name}-fault`).textContent = '';
    return 200;
  } catch (problem) {
    if (!(problem instanceof Refused)) {
      throw problem;
    }
    byId(`${name}-fault`).textContent = faultText(problem);
    return problem.status;
  }
}

function age() {
  byId('age').textContent = answered
    ? `As of ${answered.toLocaleTimeString()}${paused ? ', paused' : ''}` : '';
}

async function refresh() {
  clearTimeout(timer);
  if (!key) {
    return;
  }
  const results = await Promise.all(Object.keys(PANELS).map(ask));
  if (results.includes(401)) {
    leave('This key is not taken.');
    return;
  }
  if (results.includes(200)) {
    answered = new Date();
  }
  totals();
  age();
  wait();
}

function wait() {
  clearTimeout(timer);
  if (!paused && !document.hidden && key) {
    timer = setTimeout(refresh, EVERY);
  }
}

// ----- the key -----

function show() {
  byId('enter').hidden = Boolean(key);
  byId('panels').hidden = !key;
  byId('controls').hidden = !key;
}

function leave(text = '') {
  clearTimeout(timer);
  key = '';
  sessionStorage.removeItem(KEPT);
  locations = [];
  for (const [name, table] of Object.entries(tables)) {
    table.show([]);
    known[name] = [];
  }
  answered = null;
  byId('note').textContent = text;
  age();
  show();
  byId('key').focus();
}

async function enter(event) {
  event.preventDefault();
  key = byId('key').value.trim();
  byId('key').value = '';
  byId('note').textContent = '';
  if (!/^[\x21-\x7e]+$/.test(key)) {
    leave('This key is not taken.');
    return;
  }
  sessionStorage.setItem(KEPT, key);
  show();
  await refresh();
}

// ----- start -----

offer('verdict', ['unchecked', 'valid', 'corrected', 'invalid', 'unusable']);
offer('freshness', ['fresh', 'suspect', 'expired']);
byId('enter').addEventListener('submit', enter);
byId('leave').addEventListener('click', () => leave());
byId('pause').addEventListener('click', ({ target }) => {
  paused = !paused;
  target.setAttribute('aria-pressed', String(paused));
  age();
  clearTimeout(timer);
  if (!paused) {
    refresh();
  }
});
byId('filters').addEventListener('submit', (event) => event.preventDefault());
byId('filters').addEventListener('input', showLocations);
byId('filters').addEventListener('change', ({ target }) => {
  if (target.name !== 'text') {
    pages = 1;
    ask('locations');
  }
});
byId('more').addEventListener('click', () => {
  pages += 1;
  ask('locations');
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused) {
    refresh();
  }
});
show();
refresh();
