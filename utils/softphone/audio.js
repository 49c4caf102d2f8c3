// SPDX-License-Identifier: GPL-2.0-or-later
// What a call sends: the microphone, or silence. JsSIP sends no INVITE at all
// before it has a microphone, and a browser may ask its user for minutes.

/** The microphone's stream; rejects when there is none or it is not allowed. */
export function microphone() {
  const { mediaDevices } = navigator;
  return mediaDevices ? mediaDevices.getUserMedia({ audio: true })
    : Promise.reject(new Error('no microphone on an insecure page'));
}

/** A stream that says nothing, to be made while a click is handled; without
 * an audio device it has no track, and the call only receives. */
export function silence() {
  try {
    const context = new AudioContext();
    const { stream } = context.createMediaStreamDestination();
    stream.getTracks()[0].addEventListener('ended', () => context.close());
    return stream;
  } catch {
    return new MediaStream();
  }
}

export function stop(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
    track.dispatchEvent(new Event('ended')); // stop() itself tells nobody
  }
}

/** Puts the microphone into a call that has begun with silence. */
export async function unmute(session, stream) {
  const sender = session.connection?.getSenders()
    .find(({ track }) => track?.kind === 'audio');
  await sender?.replaceTrack(stream.getAudioTracks()[0]);
}
