// Tells what is wrong now, and offers to try again.

import { TEXTS } from "./texts.js";

export class Banner {
  #part;
  #trouble = "";
  #refusal = "";

  constructor(part) {
    this.#part = part;
  }

  // Something that passes by itself; "" when it has passed.
  tellTrouble(words) {
    this.#trouble = words;
  }

  // Why photos are not sent until somebody presses the button.
  tellRefusal(words) {
    this.#refusal = words;
  }

  draw(rows) {
    const stuck = rows.filter(({ state }) => state === "unsent").length;
    const isOffline = !navigator.onLine && rows.some(({ isUnsettled }) => isUnsettled);
    const words = (isOffline && TEXTS.offline) || this.#trouble || (stuck && this.#refusal) || "";
    const shown = this.#part("banner-text");
    if (shown.textContent !== words) shown.textContent = words;
    this.#part("banner").hidden = !words;
    this.#part("retry").textContent = stuck ? TEXTS.sendAgain(stuck) : TEXTS.tryNow;
  }
}
