// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses: flat objects of civic fields (RFC 5139), read and written by the
// table in fields.json.

let table = { fields: {}, building: [], countries: {}, options: {} };

export async function loadFields() {
  table = await (await fetch('fields.json')).json();
}

export const countries = () => Object.keys(table.countries);

/** [{name, text, required, optional, options, long, autocomplete, max}] in rows. */
export function rowsOf(country) {
  const { rows, required, texts = {}, options = {} } =
    table.countries[country] ?? table.countries[countries()[0]];
  return rows.map((row) => row.map((name) => ({
    name, ...table.fields[name], text: texts[name] ?? table.fields[name].text,
    required: required.includes(name), options: table.options[options[name]],
  })));
}

const joinsOf = (name) => table.fields[name].joins ?? [name];

/** What one field of the form says: a street is one line of several fields. */
export function valueOf(location, name) {
  return joinsOf(name).map((j) => location[j]).filter(Boolean).join(' ');
}

/** What no form asks for stays true only where the building is the same. */
function unasked(before) {
  const asked = Object.keys(table.fields).flatMap(joinsOf);
  return Object.fromEntries(Object.entries(before)
    .filter(([name]) => /^[A-Z]/.test(name) && !asked.includes(name)));
}

/**
 * The location that a form says. before: the one it was filled with; what was
 * not changed of it stays in the fields it was in.
 */
export function locationOf(country, values, before = {}) {
  const made = { country };
  const moved = new Set(country === before.country ? [] : Object.keys(table.fields));
  for (const [name, typed] of Object.entries(values)) {
    const value = typed.trim().replace(/\s+/g, ' ');
    if (value === valueOf(before, name) && !moved.has(name)) {
      for (const key of joinsOf(name).filter((k) => before[k])) {
        made[key] = before[key];
      }
    } else {
      moved.add(name);
      Object.assign(made, value && { [name]: value });
    }
  }
  return table.building.some((name) => moved.has(name)) ? made
    : { ...unasked(before), ...made };
}

/** Without what validation alone may say. */
export function stated({ validator, validated, ...location }) {
  return location;
}

/** What a person reads, in lines of [{name, value}]. */
export function lines(location) {
  const { lines: order = [] } = table.countries[location.country]
    ?? table.countries[countries()[0]] ?? {};
  return order.map((line) => line.map((name) => ({ name, value: valueOf(location, name) }))
    .filter(({ value }) => value)).filter((line) => line.length);
}

const plain = (value) => value.toLowerCase().replace(/[.,]/g, '').replace(/\s+/g, ' ').trim();

/** Fields that read otherwise in another location: [{name, text, now, before}]. */
export function differences(location, before) {
  return Object.keys(table.fields).map((name) => ({
    name,
    text: rowsOf(location.country).flat().find((f) => f.name === name)?.text
      ?? table.fields[name].text,
    now: valueOf(location, name), before: valueOf(before, name),
  })).filter(({ now, before: old }) => plain(now) !== plain(old));
}

/** A circle around the position that a browser tells, 95 % sure. */
export function circle({ latitude, longitude, accuracy }) {
  return {
    shape: 'Circle', pos: `${latitude.toFixed(6)} ${longitude.toFixed(6)}`,
    radius: Math.max(1, accuracy).toFixed(1), confidence: '95',
  };
}
