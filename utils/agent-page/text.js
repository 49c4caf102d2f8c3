// SPDX-License-Identifier: GPL-2.0-or-later
// Texts, as texts.json has them, in the language of the browser or the chosen one.

const KEPT = 'e911-language';
let texts = {};

export let language = 'en';

/** Storage may be denied to a page in a frame. */
function kept(value) {
  try {
    if (value) {
      localStorage.setItem(KEPT, value);
    }
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export const languages = () => Object.keys(texts);

export async function loadTexts() {
  const { '//': licence, ...all } = await (await fetch('texts.json')).json();
  texts = all;
  const wanted = [kept(), ...navigator.languages.map((l) => l.split('-')[0])];
  setLanguage(wanted.find((l) => l in texts) ?? 'en');
}

export function setLanguage(wanted, keep = false) {
  language = wanted;
  if (keep) {
    kept(wanted);
  }
  document.documentElement.lang = wanted;
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = t(node.dataset.text);
  }
  document.title = t('title');
}

export const has = (key) => key in texts[language];

/** The text of a key; {name} in it is a value's place. */
export function t(key, values = {}) {
  const text = texts[language][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** All of "key.1", "key.2", … */
export function list(key) {
  const found = [];
  while (has(`${key}.${found.length + 1}`)) {
    found.push(t(`${key}.${found.length + 1}`));
  }
  return found;
}

export const languageName = (code) =>
  new Intl.DisplayNames([code], { type: 'language' }).of(code);

export const countryName = (code) =>
  new Intl.DisplayNames([language], { type: 'region' }).of(code);

/** A date as the API has it; "" where it is none. */
export function date(value) {
  const when = new Date(value ?? NaN);
  return Number.isNaN(when.getTime()) ? ''
    : when.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}
