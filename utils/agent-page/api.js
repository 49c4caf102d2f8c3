// SPDX-License-Identifier: GPL-2.0-or-later
// The API, with the token of the agent, which is kept in memory alone.

const BASE = '../api/v1/';
const PATIENCE = 20000;

/** What was refused. status 0: there was no answer at all. */
export class Refused extends Error {
  constructor(status, problem = {}, wait = 0) {
    super(problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
    this.wait = wait; // seconds, of 429 and 503
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

export class Api {
  /** ETag of the location as last seen. */
  version = null;

  constructor(token) {
    this.token = token;
  }

  async #ask(method, path, body, headers = {}) {
    let response;
    try {
      response = await fetch(BASE + path, {
        method, cache: 'no-store', credentials: 'omit', redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE),
        headers: {
          Authorization: `Bearer ${this.token}`,
          ...(body && { 'Content-Type': 'application/json' }), ...headers,
        },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new Refused(0);
    }
    if (!response.ok && response.status !== 304) {
      throw new Refused(response.status, await json(response),
        Number(response.headers.get('Retry-After')) || 0);
    }
    return response;
  }

  async #view(...request) {
    const response = await this.#ask(...request);
    this.version = response.headers.get('ETag') ?? this.version;
    return response.status === 204 ? null : json(response);
  }

  async #get(path) {
    return json(await this.#ask('GET', path));
  }

  me() {
    return this.#get('me');
  }

  /** The view, or null: nothing is stated. */
  async location() {
    try {
      return await this.#view('GET', 'me/location');
    } catch (problem) {
      if (problem.status !== 404) {
        throw problem;
      }
      this.version = null;
      return null;
    }
  }

  /** own: the view is of what is stated for this device, not for all. */
  state(location, own) {
    const only = own && this.version ? { 'If-Match': this.version } : { 'If-None-Match': '*' };
    return this.#view('PUT', 'me/location', { location }, only);
  }

  confirm() {
    return this.#view('POST', 'me/location/confirm');
  }

  async suggestions(location) {
    return (await json(await this.#ask('POST', 'suggestions', { location })))
      .suggestions ?? [];
  }

  async places() {
    return (await this.#get('me/places')).places ?? [];
  }

  use(place) {
    return this.#view('POST', `me/places/${encodeURIComponent(place)}/use`);
  }

  forget(place) {
    return this.#ask('DELETE', `me/places/${encodeURIComponent(place)}`);
  }

  async acknowledge(version) {
    return json(await this.#ask('PUT', 'me/acknowledgement', { version }));
  }

  export() {
    return this.#get('me/export');
  }

  async erase() {
    this.version = null;
    return json(await this.#ask('DELETE', 'me'));
  }
}
