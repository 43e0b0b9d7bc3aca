// Data that is read again while what it describes is under way.

import { resource } from "../resource.js";

/** Delays between two reads, in milliseconds: at first, and at most. */
const [FIRST, LONGEST] = [1000, 5000];

/**
 * Creates a resource that is read again until it is not busy any more. It is not read in a hidden tab. `leave` ends it.
 * @template T @param {App} app @param {() => Promise<T>} load @param {(data: T) => boolean} isBusy @returns {Resource<T> & { leave: () => void }}
 */
export function watched(app, load, isBusy) {
  const self = resource(app, load);
  const read = self.reload;
  const state = { timer: 0, wait: FIRST, isLeft: false };
  /** Reads now, and again after a while. */
  async function reload() {
    clearTimeout(state.timer);
    await read();
    goOn();
  }
  function goOn() {
    clearTimeout(state.timer);
    if (state.isLeft || document.hidden || self.data === null || !isBusy(self.data)) return;
    state.timer = window.setTimeout(reload, state.wait);
    state.wait = Math.min(state.wait * 1.3, LONGEST);
  }
  function shown() {
    state.wait = FIRST;
    goOn();
  }
  document.addEventListener("visibilitychange", shown);
  function leave() {
    state.isLeft = true;
    clearTimeout(state.timer);
    document.removeEventListener("visibilitychange", shown);
  }
  return Object.assign(self, { reload, leave });
}
