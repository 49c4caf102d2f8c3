// SPDX-License-Identifier: GPL-2.0-or-later
// Elements, made of text alone: what comes from elsewhere is never HTML.

export const byId = (id) => document.getElementById(id);

/** An element with properties, attributes (names with "-", role) and children,
 * which are elements or text. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) {
      continue;
    }
    if (key.includes('-') || key === 'role' || key === 'for') {
      made.setAttribute(key, value);
    } else {
      made[key] = value;
    }
  }
  made.append(...children.filter((c) => c !== null && c !== undefined && c !== ''));
  return made;
}

export function button(text, onclick, className = '') {
  return element('button', { type: 'button', textContent: text, onclick, className });
}

/** A question with yes and no; the promise of the answer. */
export function ask(text, yes) {
  const dialog = byId('ask');
  byId('ask-text').textContent = text;
  byId('ask-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'),
      { once: true });
  });
}
