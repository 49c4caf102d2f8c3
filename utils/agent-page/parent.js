// SPDX-License-Identifier: GPL-2.0-or-later
// The window of the softphone that shows this page in a frame, if one does. It
// is told only if it is of the same origin or of one that config.json names.

let allowed = [location.origin];

export const isFramed = () => window.parent !== window;

export async function loadParent() {
  try {
    const { origins = [] } = await (await fetch('config.json')).json();
    allowed = [location.origin, ...origins];
  } catch {
    // the same origin alone, then
  }
}

/** state: stated, confirmed or closed. */
export function tellParent(state, verdict) {
  if (!isFramed()) {
    return;
  }
  // where the browser says who it is, nobody else is tried
  const real = location.ancestorOrigins?.[0];
  for (const origin of real ? allowed.filter((a) => a === real) : allowed) {
    window.parent.postMessage({ type: 'e911-location', state, verdict }, origin);
  }
}
