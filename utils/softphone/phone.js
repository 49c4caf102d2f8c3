// SPDX-License-Identifier: GPL-2.0-or-later
// The phone around e911.js: log in, call, be called.
import JsSIP from 'jssip';
import { microphone, silence, stop, unmute } from './audio.js';
import { E911, LocationDialog } from './e911.js';

// JsSIP sends its INVITE when the last ICE candidate is there: that may be long
const CANDIDATES_MS = 500;

const CALLS = {
  mediaConstraints: { audio: true, video: false },
  rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: false },
  pcConfig: { iceServers: [] },
};

const WHY = {
  'location-missing': 'State where you are: until then only 911 can be called.',
  'location-moved': 'You seem to be somewhere else. Confirm or state where you are: until then only 911 can be called.',
};
const WHY_ELSE = 'Confirm or correct where you are: until then only 911 can be called.';

const SENT = {
  'location-sent': 'Your location was sent with the call.',
  'location-missing': 'Your location is not known: say where you are.',
};

const $ = (id) => document.getElementById(id);

const tell = (text) => { $('status').textContent = text; };

function alarm(text) {
  $('alarm').textContent = text;
}

class Phone {
  session = null;

  peer = '';

  stream = null;

  more = null;

  constructor({ websocket, domain, numbers }, user, password) {
    this.user = user;
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(websocket)],
      uri: `sip:${user}@${domain}`,
      password,
      register_expires: 300,
      session_timers: false,
    });
    this.e911 = new E911(this.ua, { numbers });
    this.dialog = new LocationDialog(this.e911, { dial: () => this.dial('911') });
    this.e911.addEventListener('change', () => this.show());
    this.e911.addEventListener('call', ({ detail }) => {
      $('sent').textContent = SENT[detail.word] ?? detail.text;
    });
    this.#watch();
    this.ua.start();
  }

  #watch() {
    const { ua } = this;
    ua.on('connecting', () => tell('Connecting'));
    ua.on('registered', () => {
      tell('Ready');
      this.show();
    });
    ua.on('unregistered', () => this.show());
    ua.on('registrationFailed', ({ cause }) => {
      tell(`Not logged in: ${cause}. 911 can be called.`);
      this.show();
    });
    ua.on('disconnected', () => {
      tell('No connection. Use another phone to call 911.');
      this.show();
    });
    ua.on('newRTCSession', ({ originator, session }) => {
      if (originator === 'remote') {
        this.#rings(session);
      }
    });
  }

  // ----- calls -----

  /** An emergency call waits for no permission: it begins with silence. */
  async dial(number, { silent = false } = {}) {
    if (this.e911.isEmergency(number)) {
      this.#hangUp(); // whatever it is, this is more urgent
    }
    if (this.session) {
      return;
    }
    alarm('');
    $('sent').textContent = '';
    $('silent').hidden = true;
    if (!this.e911.mayCall(number)) {
      this.dialog.open();
      return;
    }
    if (this.e911.isEmergency(number)) {
      this.#call(number, silence());
      this.#unmute(this.session);
    } else if (silent) {
      this.#call(number, silence());
    } else {
      await microphone().then((stream) => this.#call(number, stream),
        () => this.#offerSilence(number));
    }
  }

  #hangUp() {
    const { session } = this;
    if (session) {
      try {
        session.terminate();
      } catch (error) {
        console.warn('not ended', error);
      }
      this.#over(session, '');
    }
  }

  #call(number, stream) {
    this.#adopt(this.e911.call(number, { ...CALLS, mediaStream: stream }),
      stream, number);
    tell(`Calling ${number}`);
  }

  async #unmute(session) {
    try {
      const stream = await microphone();
      if (this.session !== session) {
        stop(stream);
        return;
      }
      this.more = stream;
      await unmute(session, stream);
    } catch {
      alarm('No microphone: you hear them, they do not hear you.');
    }
  }

  #offerSilence(number) {
    $('silent').hidden = false;
    $('without').onclick = () => this.dial(number, { silent: true });
    $('without').focus();
  }

  #rings(session) {
    if (this.session) {
      session.terminate({ status_code: 486 });
      return;
    }
    const from = session.remote_identity.uri.user;
    this.#adopt(session, null, from);
    $('caller').textContent = `${from} is calling`;
    tell(`${from} is calling`);
    $('answer').onclick = async () => {
      const stream = await microphone().catch(() => {
        alarm('No microphone: you hear them, they do not hear you.');
        return silence();
      });
      this.stream = stream;
      session.answer({ ...CALLS, mediaStream: stream });
    };
    $('decline').onclick = () => session.terminate();
  }

  #adopt(session, stream, peer) {
    this.session = session;
    this.peer = peer;
    this.stream = stream;
    this.more = null;
    $('peer').textContent = peer;
    const hear = (connection) => connection.addEventListener('track', ({ streams, track }) => {
      $('audio').srcObject = streams[0] ?? new MediaStream([track]);
    });
    if (session.connection) {
      hear(session.connection);
    } else {
      session.on('peerconnection', ({ peerconnection }) => hear(peerconnection));
    }
    session.on('icecandidate', ({ ready }) => setTimeout(ready, CANDIDATES_MS));
    session.on('progress', () => this.show());
    session.on('confirmed', () => {
      tell(`In a call with ${peer}`);
      this.show();
    });
    session.on('ended', () => this.#over(session, 'The call has ended'));
    session.on('failed', ({ cause, originator, message }) => {
      const code = message?.status_code ? ` (${message.status_code})` : '';
      const wanted = ['Canceled', 'Rejected'].includes(cause) && originator === 'local';
      this.#over(session, wanted ? 'The call has ended' : `Not connected: ${cause}${code}`);
      if (this.e911.isEmergency(peer) && !wanted) {
        alarm('The call did not go through. Use another phone to call 911.');
      }
    });
    this.show();
  }

  #over(session, text) {
    if (this.session !== session) {
      return;
    }
    stop(this.stream);
    stop(this.more);
    this.session = null;
    $('audio').srcObject = null;
    tell(text);
    this.show();
  }

  // ----- what is seen -----

  show() {
    const { e911, session, ua } = this;
    const rings = session?.direction === 'incoming' && !session.isEstablished();
    $('who').textContent = `${this.user}${ua.isRegistered() ? '' : ' (not registered)'}`;
    $('frozen').hidden = !e911.frozen;
    $('frozen').textContent = e911.frozen ? WHY[e911.reason] ?? WHY_ELSE : '';
    $('call').disabled = session !== null;
    $('emergency').disabled = session !== null && e911.isEmergency(this.peer);
    $('incoming').hidden = !rings;
    $('active').hidden = session === null || rings;
  }

  end() {
    this.session?.terminate();
    this.ua.stop();
    this.dialog.dialog.remove();
  }
}

let phone = null;

function show(loggedIn) {
  $('login').hidden = loggedIn;
  $('phone').hidden = !loggedIn;
  $(loggedIn ? 'number' : 'user').focus();
}

async function main() {
  const config = await (await fetch('config.json')).json();
  $('agents').append(...(config.agents ?? []).map((value) => (
    Object.assign(document.createElement('option'), { value }))));
  $('login').onsubmit = (event) => {
    event.preventDefault();
    phone = new Phone(config, $('user').value, $('password').value);
    $('password').value = '';
    show(true);
  };
  $('dial').onsubmit = (event) => {
    event.preventDefault();
    phone.dial($('number').value.trim());
  };
  $('emergency').onclick = () => phone.dial('911');
  $('location').onclick = () => phone.dialog.open();
  $('hangup').onclick = () => phone.session?.terminate();
  $('logout').onclick = () => {
    phone.end();
    phone = null;
    tell('');
    alarm('');
    show(false);
  };
  show(false);
}

main().catch(({ message }) => alarm(`The phone does not start: ${message}`));
