// SPDX-License-Identifier: GPL-2.0-or-later
// How the page shows things: the state, addresses, suggestions, places.
import { button, byId, element } from './dom.js';
import { differences, lines } from './address.js';
import { countryName, date, list, t } from './text.js';

/** tone: how it is marked; sign: beside the title, for the eye alone; address:
 * of the view; entry: the form stands open. */
export const STATES = {
  loading: { tone: '', sign: '…', busy: true },
  saving: { tone: '', sign: '…', busy: true },
  none: { tone: 'act', sign: '!', entry: true },
  checking: { tone: '', sign: '…', busy: true, address: true, buttons: ['done', 'edit'] },
  valid: { tone: 'good', sign: '✓', address: true, buttons: ['close', 'edit'] },
  unchecked: { tone: 'good', sign: '✓', address: true, buttons: ['close', 'edit'] },
  corrected: { tone: 'act', sign: '✎', address: true, buttons: ['right', 'edit'] },
  invalid: { tone: 'bad', sign: '✗', address: true, advice: true, buttons: ['done', 'edit'] },
  refused: { tone: 'bad', sign: '✗', advice: true, entry: true },
  suspect: { tone: 'act', sign: '?', address: true, buttons: ['still', 'change'] },
  old: { tone: 'act', sign: '?', address: true, buttons: ['still', 'change'] },
  expired: { tone: 'act', sign: '?', address: true, buttons: ['still', 'change'] },
  unusable: { tone: 'bad', sign: '✗', address: true, advice: true, entry: true },
  over: { tone: 'bad', sign: '!', alone: true },
  stranger: { tone: 'bad', sign: '!', alone: true },
  away: { tone: 'bad', sign: '!', buttons: ['retry'] },
};

const BY_REASON = { old: 'old', moved: 'suspect', gone: 'expired' };
const BY_FRESHNESS = { suspect: 'suspect', expired: 'expired' };
const BY_VERDICT = {
  valid: 'valid', corrected: 'corrected', invalid: 'invalid', unusable: 'unusable',
};

/** The name of the state that a view is in. */
export function stateOf(view) {
  if (!view) {
    return 'none';
  }
  if (view.verdict === 'unusable') {
    return 'unusable';
  }
  return BY_FRESHNESS[view.freshness] ?? BY_REASON[view.reason]
    ?? (view.checking ? 'checking' : BY_VERDICT[view.verdict] ?? 'unchecked');
}

const shown = ({ name, value }) => (name === 'country' ? countryName(value) : value);

/** An address as inline text; fields that are named are marked. */
function inline(location, marked = []) {
  const parts = lines(location).map((line) => line.flatMap((part, i) => [
    i ? ' ' : '',
    marked.includes(part.name) ? element('mark', { textContent: shown(part) }) : shown(part),
  ]));
  return parts.flatMap((part, i) => (i ? [', ', ...part] : part));
}

export function addressLines(location) {
  return lines(location).map((line) =>
    element('p', { textContent: line.map(shown).join(' ') }));
}

function differenceText({ text, now, before }) {
  const kind = !now ? 'gone' : before ? 'changed' : 'added';
  return t(`difference.${kind}`, { field: t(text), now, before });
}

/** Items that say in words, too, what is other than what was typed. */
export function suggestionItems(suggestions, typed, choose) {
  return suggestions.map((location) => {
    const found = differences(location, typed);
    const choice = button('', () => choose(location), 'choice');
    choice.append(...inline(location, found.map(({ name }) => name)));
    return element('li', {}, choice,
      element('p', { className: 'small', textContent: found.map(differenceText).join('; ') }));
  });
}

export function correction(location, typed) {
  return differences(location, typed).map((d) =>
    element('p', { className: 'small', textContent: differenceText(d) }));
}

function about({ stated, confirmed, validator, validated, location }) {
  return [
    date(stated) && t('about.stated', { date: date(stated) }),
    date(confirmed) && confirmed !== stated && t('about.confirmed', { date: date(confirmed) }),
    validator && date(validated) && t('about.validated', { validator, date: date(validated) }),
    location?.pos && location.radius
      && t('about.position', { position: location.pos, radius: location.radius }),
  ].filter(Boolean).join(' ');
}

/** The card on top. view: of the API, or null; buttons: elements. */
export function showState(name, view, buttons) {
  const { tone, sign, busy, address, advice } = STATES[name];
  const card = byId('state');
  card.hidden = false;
  card.dataset.tone = tone;
  card.dataset.state = name;
  card.setAttribute('aria-busy', String(Boolean(busy)));
  const title = byId('state-title');
  title.dataset.sign = sign;
  title.textContent = t(`state.${name}.title`);
  byId('state-text').textContent = t(`state.${name}.text`);
  const gate = ['closed', 'warn'].includes(view?.gate) ? view.gate : '';
  byId('state-gate').hidden = !gate;
  byId('state-gate').textContent = gate && t(`gate.${gate}`);
  byId('state-address').replaceChildren(
    ...(address && view?.location ? addressLines(view.location) : []));
  byId('state-about').textContent = address && view ? about(view) : '';
  byId('advice').hidden = !advice;
  byId('advice').querySelector('ul').replaceChildren(
    ...list('advice').map((text) => element('li', { textContent: text })));
  byId('state-buttons').replaceChildren(...buttons);
}

/** Suggestions beside the state. */
export function showSuggestions(suggestions, typed, choose) {
  const holder = byId('suggestions');
  holder.hidden = suggestions.length === 0;
  holder.querySelector('ul').replaceChildren(...suggestionItems(suggestions, typed, choose));
}

/** Suggestions while the agent types; their number is told, not read out. */
export function showNear(suggestions, typed, choose) {
  const { length } = suggestions;
  byId('near').textContent = length === 0 ? ''
    : t(length === 1 ? 'suggestions.found.one' : 'suggestions.found', { count: length });
  byId('near-list').replaceChildren(...suggestionItems(suggestions, typed, choose));
}

/** use(place), forget(place) */
export function showPlaces(places, use, forget) {
  const others = places.filter((p) => p.location);
  byId('places').hidden = others.length === 0;
  byId('places').querySelector('ul').replaceChildren(...others.map((place) =>
    element('li', { className: 'place' },
      element('div', { className: 'address' }, ...addressLines(place.location)),
      element('p', { className: 'small', textContent: date(place.confirmed)
        && t('about.confirmed', { date: date(place.confirmed) }) }),
      element('p', { className: 'buttons' }, place.current
        ? element('span', { textContent: t('places.current') })
        : button(t('places.use'), () => use(place)),
      button(t('places.forget'), () => forget(place))))));
}
