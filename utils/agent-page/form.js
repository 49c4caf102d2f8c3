// SPDX-License-Identifier: GPL-2.0-or-later
// The form of an address: its fields follow the country.
import { byId, element } from './dom.js';
import { countries, locationOf, rowsOf, valueOf } from './address.js';
import { countryName, t } from './text.js';

const HURRY = 700; // ms after the last key before suggestions are asked for

export class AddressForm {
  #before = {};

  #country = '';

  /** Of the browser, if the agent has asked for it. */
  shape = null;

  /** onsave(location), onchange(location): the agent has paused in typing. */
  constructor(onsave, onchange) {
    this.form = byId('form');
    this.holder = byId('fields');
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#complete(true)) {
        onsave(this.location());
      }
    });
    let timer = 0;
    this.form.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (this.#complete(false)) {
          onchange(this.location());
        }
      }, HURRY);
    });
  }

  /** Builds it anew, in the language of now, with a location in it. */
  fill(location, preferred = 'US') {
    this.#before = location ?? {};
    this.#build(location?.country ?? preferred, this.#before);
  }

  translate() {
    this.#build(this.#country, this.location());
  }

  location() {
    const values = Object.fromEntries(this.#inputs().map((i) => [i.name, i.value]));
    return { ...locationOf(this.#country, values, this.#before), ...this.shape };
  }

  focus() {
    this.#inputs()[0]?.focus();
  }

  /** Shows what is wrong: {field: text}; the first one is gone to. */
  fault(faults) {
    let first = null;
    for (const input of this.#inputs()) {
      const text = faults[input.name]
        ?? this.#joined(input.name).map((n) => faults[n]).find(Boolean) ?? '';
      byId(`error-${input.name}`).textContent = text;
      input.setAttribute('aria-invalid', String(text !== ''));
      first ??= text ? input : null;
    }
    first?.focus();
    return first !== null;
  }

  #joined(name) {
    return rowsOf(this.#country).flat().find((f) => f.name === name)?.joins ?? [];
  }

  #inputs() {
    return [...this.holder.querySelectorAll('[name]')];
  }

  #complete(tell) {
    const faults = {};
    for (const { name, value, required } of this.#inputs()) {
      if (required && !value.trim()) {
        faults[name] = t('error.required');
      }
    }
    if (tell) {
      this.fault(faults);
    }
    return Object.keys(faults).length === 0;
  }

  #build(country, location) {
    this.#country = country;
    const known = countries().includes(country) ? countries() : [country, ...countries()];
    const choice = element('select', { id: 'country', autocomplete: 'country' },
      ...known.map((code) => element('option', { value: code, textContent: countryName(code) })));
    choice.value = country;
    choice.addEventListener('change', () => {
      this.#build(choice.value, this.location());
      byId('country').focus();
    });
    this.holder.replaceChildren(
      element('div', { className: 'field' },
        element('label', { htmlFor: 'country', textContent: t('field.country') }), choice),
      ...rowsOf(country).map((row) => element('div', { className: 'row' },
        ...row.map((field) => this.#field(field, valueOf(location, field.name))))));
  }

  #field(field, value) {
    const { name, text, required, long, options, max, autocomplete = 'off' } = field;
    const id = `field-${name}`;
    const common = {
      id, name, required, autocomplete, 'aria-describedby': `error-${name}`,
    };
    const input = options ? this.#choice(common, options, value)
      : element('input', { ...common, value, maxLength: max, type: 'text' });
    return element('div', { className: long ? 'field long' : 'field' },
      element('label', { htmlFor: id },
        t(text), required ? '' : ` ${t('entry.optional')}`),
      input,
      element('p', { id: `error-${name}`, className: 'error' }));
  }

  /** What is none of the options, but was stated, stays as it is. */
  #choice(common, options, value) {
    const found = Object.entries(options).find(([code, name]) =>
      [code, name].some((v) => v.toLowerCase() === value.toLowerCase()))?.[0];
    const choice = element('select', common,
      element('option', { value: '', textContent: t('entry.choose') }),
      ...Object.entries(options).map(([code, name]) =>
        element('option', { value: code, textContent: name })),
      value && !found ? element('option', { value, textContent: value }) : null);
    choice.value = found ?? value;
    return choice;
  }
}
