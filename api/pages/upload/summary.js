// Tells how far all photos together are, and what can be done with them.

import { TEXTS } from "./texts.js";
import { bytesInWords, plural } from "./words.js";

const ANNOUNCE_MS = 1500;

export class Summary {
  #part;
  #announcing = null;
  #isDrawn = true;

  constructor(part) {
    this.#part = part;
  }

  // Many rows can change at once: drawn once per frame.
  draw(rows, state) {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      this.#draw(rows, state());
    });
  }

  #draw(rows, { isPaused, isOfLink }) {
    const counted = rows.filter(({ state }) => state !== "canceled");
    const ended = counted.filter(({ hasEnded }) => hasEnded).length;
    const wrong = counted.filter(({ hasProblem }) => hasProblem).length;
    const leaving = counted.some(({ isLeaving }) => isLeaving);
    const bytes = sum(counted, "size");
    const sent = sum(counted, "sentBytes");
    const done = counted.filter(({ hasEnded, hasProblem }) => hasEnded && !hasProblem).length;
    const parts = [`${done} of ${plural(counted.length, "photo")} done`];
    if (wrong) parts.push(`${wrong} with a problem`);
    const told = parts.join(", ");
    if (leaving) parts.push(`${bytesInWords(sent)} of ${bytesInWords(bytes)} sent`);
    if (leaving && isPaused) parts.push(TEXTS.paused);
    this.#part("summary").hidden = !rows.length;
    this.#part("summary-text").textContent = parts.join(" · ");
    this.#part("summary-bar").value = counted.length ? (ended + sent / (bytes || 1)) / (counted.length + 1) : 0;
    this.#part("summary-bar").hidden = ended === counted.length;
    this.#part("pause").hidden = !leaving;
    this.#part("pause").textContent = isPaused ? TEXTS.goOn : TEXTS.pause;
    this.#part("cancel").hidden = !counted.some(({ isOpen }) => isOpen);
    this.#part("kept").textContent = keptInWords(counted.filter(({ isUnsettled }) => isUnsettled), isOfLink);
    this.#announce(told);
  }

  // Delays announcements, so that screen readers do not read every step.
  #announce(words) {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => { this.#part("status").textContent = words; }, ANNOUNCE_MS);
  }
}

function keptInWords(unsettled, isOfLink) {
  const tooMuch = unsettled.filter(({ isTooMuch }) => isTooMuch).length;
  if (tooMuch) return TEXTS.notKept(tooMuch);
  if (!unsettled.length || !unsettled.every(({ isKept }) => isKept)) return "";
  return isOfLink ? TEXTS.kept : TEXTS.keptForKey;
}

const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
