// SPDX-License-Identifier: GPL-2.0-or-later
// The agent's page: says how his location stands, and takes another one.
import { Api, Refused } from './api.js';
import { circle, differences, loadFields, stated } from './address.js';
import { ask, button, byId, element } from './dom.js';
import { AddressForm } from './form.js';
import { isFramed, loadParent, tellParent } from './parent.js';
import {
  correction, showNear, showPlaces, showState, showSuggestions, stateOf, STATES,
} from './show.js';
import {
  date, language, languageName, languages, list, loadTexts, setLanguage, t,
} from './text.js';

const CHECK_AGAIN = [1000, 2000, 3000, 5000, 10000, 10000, 30000]; // ms
const LOOK_AGAIN = 10000; // ms between two looks when the page is come back to

let api = new Api('');
let me = {};
let view = null; // of the location, null: none
let places = [];
let state = 'loading';
let refused = null; // {typed, suggestions, elements} of an address not taken
let typed = null; // what was saved last, as the agent typed it
let editing = false;
let news = ''; // what the parent has to be told once all is read
let looked = 0;
let timer = 0;

// ----- showing -----

const form = new AddressForm(save, suggest);

function note(text = '') {
  byId('note').textContent = text;
}

const BUTTONS = {
  still: () => button(t('button.still'), confirm, 'main'),
  change: () => button(t('button.change'), edit),
  edit: () => button(t('button.edit'), edit),
  right: () => button(t('button.right'), finish, 'main'),
  done: () => isFramed() && button(t('button.done'), finish, 'main'),
  close: () => isFramed() && button(t('button.close'), finish, 'main'),
  retry: () => button(t('button.retry'), start, 'main'),
};

/** Those that are another address. */
const proposed = (suggestions = [], base = {}) =>
  suggestions.filter((s) => differences(s, base).length);

/** All of the page, as things are now. */
function show() {
  const { entry, alone, advice, buttons = [] } = STATES[state];
  const open = !alone && state !== 'loading' && (entry || editing || state === 'saving');
  showState(state, state === 'refused' ? null : view,
    (editing ? [] : buttons).map((name) => BUTTONS[name]()).filter(Boolean));
  if (state === 'corrected' && typed) {
    byId('state-address').append(...correction(view.location, typed));
  }
  const base = refused?.typed ?? view?.location ?? {};
  showSuggestions(advice ? proposed((refused ?? view)?.suggestions, base) : [], base, save);
  byId('entry').hidden = !open;
  byId('cancel').hidden = !view || entry;
  showPlaces(alone ? [] : places, use, forget);
  showAdvisory(!alone && state !== 'loading');
  // a link may be another's: what is stated here is stated for him
  byId('who').textContent = me.aor && !alone ? t('who', { who: me.aor }) : '';
  byId('data').hidden = alone || state === 'loading' || state === 'away';
}

function showAdvisory(there) {
  const { version, acknowledged } = me.advisory ?? {};
  byId('advisory').hidden = !there;
  byId('advisory-text').replaceChildren(
    ...list('advisory').map((text) => element('li', { textContent: text })));
  byId('advisory-date').textContent = date(acknowledged)
    ? t('advisory.date', { date: date(acknowledged) })
    : version ? t('advisory.wanted') : '';
  byId('acknowledge').hidden = !version || Boolean(acknowledged);
}

const toRead = () => Boolean(me.advisory?.version) && !me.advisory.acknowledged;

function become(name, focus = true) {
  state = name;
  show();
  if (focus) {
    byId('state-title').focus();
  }
}

/** A new view of the location. */
function take(found, focus = true) {
  view = found;
  refused = null;
  editing = false;
  looked = Date.now();
  note();
  showNear([], {}, save);
  form.fill(view?.location, preferredCountry());
  become(stateOf(view), focus);
  clearTimeout(timer);
  if (view?.checking) {
    checkAgain(0);
  }
}

const preferredCountry = () =>
  me.country ?? navigator.languages.map((l) => l.split('-')[1]).find(Boolean) ?? 'US';

// ----- the parent -----

/** Tells the softphone, at once or when the agent has read what is to be read. */
function tell(what) {
  news = what;
  if (['valid', 'unchecked'].includes(state) && !toRead()) {
    finish();
  } else if (toRead() && STATES[state].tone === 'good') {
    byId('advisory-title').scrollIntoView({ block: 'nearest' });
  }
}

function finish() {
  tellParent(news || 'closed', view?.verdict);
  if (!isFramed()) {
    typed = null;
    become(state === 'corrected' ? 'valid' : state);
  }
  news = '';
}

// ----- talking to the server -----

const REFUSALS = {
  0: () => note(t('error.away')),
  401: () => become('over'),
  403: () => note(t('error.denied')),
  503: () => note(t('error.away')),
};

/** What all refusals have in common. */
function fail(problem) {
  if (!(problem instanceof Refused)) {
    throw problem;
  }
  const { status, wait } = problem;
  if (status === 429) {
    note(t('error.often', { seconds: wait || 60 }));
  } else {
    (REFUSALS[status] ?? (() => note(t('error.other', { status }))))();
  }
}

/** Runs what asks the server; its buttons do nothing meanwhile. */
let busy = false;
async function run(work) {
  if (busy) {
    return;
  }
  busy = true;
  note();
  try {
    await work();
  } catch (problem) {
    fail(problem);
  } finally {
    busy = false;
  }
}

async function start() {
  become('loading', false);
  await run(async () => {
    try {
      me = await api.me();
      const found = await api.location();
      places = await api.places();
      take(found, false);
    } catch (problem) {
      if (problem.status !== 401) {
        become('away');
      }
      throw problem;
    }
  });
}

/** Again, while a validator has not answered; the page stays usable. */
function checkAgain(count) {
  if (count === CHECK_AGAIN.length) {
    return;
  }
  timer = setTimeout(async () => {
    try {
      const found = await api.location();
      if (editing || busy || found?.checking) {
        checkAgain(count + 1);
      } else {
        take(found, false);
        if (news) {
          tell(news);
        }
      }
    } catch {
      checkAgain(count + 1);
    }
  }, CHECK_AGAIN[count]);
}

function save(wanted) {
  const location = stated(wanted);
  return run(async () => {
    const before = state;
    typed = location;
    become('saving');
    try {
      take(await api.state(location, view?.contact === me.contact));
      form.shape = null;
      showPosition();
      tell('stated');
      places = await api.places();
      show();
    } catch (problem) {
      state = before;
      show();
      await notSaved(problem, location);
    }
  });
}

async function notSaved(problem, location) {
  const { status, problem: said = {} } = problem;
  if (status === 412) {
    take(await api.location());
    edit();
    note(t('error.changed'));
  } else if (status === 422 && said.verdict) {
    refused = { typed: location, suggestions: said.suggestions ?? [] };
    form.fill(location);
    form.fault(Object.fromEntries(Object.entries(said.elements ?? {})
      .filter(([, word]) => word === 'invalid').map(([name]) => [name, t('error.invalid')])));
    become('refused');
  } else if (status === 422 || status === 400) {
    const text = t('error.malformed', { detail: said.detail ?? said.title ?? '' });
    if (!form.fault({ [said.field]: text })) {
      note(text);
    }
  } else {
    throw problem;
  }
}

let asked = '';
async function suggest(location) {
  const now = JSON.stringify(location);
  if (now === asked || now === JSON.stringify(view?.location)) {
    return;
  }
  asked = now;
  try {
    const found = await api.suggestions(location);
    if (asked === now && !busy) {
      showNear(proposed(found, location), location, save);
    }
  } catch {
    // nothing is lost: the address is checked when it is saved
  }
}

// ----- what the agent does -----

function edit() {
  editing = true;
  form.fill(view?.location, preferredCountry());
  show();
  form.focus();
}

function cancel() {
  editing = false;
  form.fault({});
  showNear([], {}, save);
  become(state);
}

const confirm = () => run(async () => {
  take(await api.confirm());
  tell('confirmed');
});

const use = (place) => run(async () => {
  take(await api.use(place.id));
  places = await api.places();
  show();
  tell('confirmed');
});

async function forget(place) {
  if (await ask(t('places.ask'), t('ask.yes'))) {
    await run(async () => {
      await api.forget(place.id);
      places = await api.places();
      show();
      note(t('places.forgotten'));
      (places.length ? byId('places-title') : byId('state-title')).focus();
    });
  }
}

const acknowledge = () => run(async () => {
  me.advisory = { ...me.advisory, ...await api.acknowledge(me.advisory.version) };
  show();
  byId('advisory-title').tabIndex = -1;
  byId('advisory-title').focus();
  if (news) {
    tell(news);
  }
});

const download = () => run(async () => {
  const text = JSON.stringify(await api.export(), null, 2);
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  element('a', { href: url, download: 'e911.json' }).click();
  URL.revokeObjectURL(url);
});

async function erase() {
  if (await ask(t('data.ask'), t('data.yes'))) {
    await run(async () => {
      await api.erase();
      places = [];
      typed = null;
      take(await api.location());
      note(t('data.deleted'));
    });
  }
}

// ----- the browser's position, only when it is asked for -----

function showPosition(text = '') {
  byId('position').textContent = text;
  byId('forget-position').hidden = !form.shape;
}

function locate() {
  showPosition(t('position.waiting'));
  const found = ({ coords }) => {
    form.shape = circle(coords);
    const { pos, radius } = form.shape;
    showPosition(t('position.found', { position: pos, radius }));
  };
  const denied = () => showPosition(t('position.denied'));
  if (navigator.geolocation) {
    navigator.geolocation.getCurrentPosition(found, denied,
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  } else {
    denied();
  }
}

// ----- start -----

/** Behind the #, where no server and no log sees it; it does not stay there. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!token) {
    return false;
  }
  history.replaceState(null, '', location.pathname + location.search);
  api = new Api(token);
  return true;
}

function chooseLanguage({ target }) {
  setLanguage(target.value, true);
  form.translate();
  showPosition();
  show();
}

function listen() {
  const choice = byId('language');
  choice.replaceChildren(...languages().map((code) =>
    element('option', { value: code, textContent: languageName(code), lang: code })));
  choice.value = language;
  choice.addEventListener('change', chooseLanguage);
  byId('cancel').addEventListener('click', cancel);
  byId('locate').addEventListener('click', locate);
  byId('forget-position').addEventListener('click', () => {
    form.shape = null;
    showPosition();
  });
  byId('acknowledge').addEventListener('click', acknowledge);
  byId('export').addEventListener('click', download);
  byId('delete').addEventListener('click', erase);
  window.addEventListener('hashchange', () => takeToken() && start());
  document.addEventListener('visibilitychange', comeBack);
}

/** The network may be another one since. */
async function comeBack() {
  const idle = !document.hidden && !editing && !busy && view && !STATES[state].alone
    && Date.now() - looked > LOOK_AGAIN;
  if (idle) {
    await run(async () => take(await api.location(), false));
  }
}

async function main() {
  const given = takeToken();
  await Promise.all([loadTexts(), loadFields(), loadParent()]);
  setLanguage(language);
  listen();
  if (given) {
    await start();
  } else {
    become('stranger', false);
  }
}

main();
