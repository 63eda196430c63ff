// Shows a picture in a dialog.

import { explain } from "./explain.js";
import { TEXTS } from "./texts.js";

export class Viewer {
  #dialog;
  #title;
  #text;
  #image;
  #opened = 0;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#title = dialog.querySelector("h2");
    this.#text = dialog.querySelector("p");
    this.#image = dialog.querySelector("img");
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.#clear());
  }

  async open(title, fetchPicture) {
    this.#clear();
    const opened = this.#opened;
    this.#title.textContent = title;
    this.#text.textContent = TEXTS.loadingPicture;
    this.#dialog.showModal();
    try {
      const picture = await fetchPicture();
      if (opened !== this.#opened) return; // Closed in the meantime.
      this.#image.src = URL.createObjectURL(picture);
      this.#image.alt = TEXTS.inBoxes(title);
      this.#image.hidden = false;
      this.#text.textContent = "";
    } catch (refusal) {
      if (opened === this.#opened) this.#text.textContent = explain(refusal);
    }
  }

  #clear() {
    this.#opened += 1;
    if (this.#image.src) URL.revokeObjectURL(this.#image.src);
    this.#image.removeAttribute("src");
    this.#image.hidden = true;
  }
}
