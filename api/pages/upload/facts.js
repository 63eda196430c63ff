// What a row shows of the results of its photo: format, size, camera, time, histogram, faces.

import { TEXTS } from "./texts.js";
import { cameraInWords, formatName, plural, takenInWords } from "./words.js";

const HISTOGRAM_HEIGHT = 48;

export class Facts {
  #facts;
  #extras;
  #histogram;
  #faces;
  #name;

  constructor(row, name) {
    this.#facts = row.querySelector(".facts");
    this.#extras = row.querySelector(".extras");
    this.#histogram = row.querySelector(".histogram");
    this.#faces = row.querySelector(".faces");
    this.#name = name;
  }

  // onFaces(count): the faces shall be shown.
  show(image, onFaces) {
    const { metadata, histogram, faces } = image;
    this.#add(TEXTS.format, formatName(image.format));
    if (image.width) this.#add(TEXTS.widthAndHeight, `${image.width} × ${image.height}`);
    if (metadata) {
      this.#add(TEXTS.camera, cameraInWords(metadata));
      this.#add(TEXTS.taken, takenInWords(metadata.taken_at));
    }
    if (histogram) this.#showHistogram(histogram);
    if (faces) this.#showFaces(faces.length, onFaces);
    this.#histogram.toggleAttribute("hidden", !histogram);
    this.#extras.hidden = !histogram && !faces;
  }

  #add(name, value) {
    if (!value) return;
    const fact = document.createElement("div");
    fact.append(newElement("dt", name), newElement("dd", value));
    this.#facts.append(fact);
  }

  #showHistogram({ bins, pixels }) {
    const mean = bins.reduce((sum, count, level) => sum + level * count, 0) / (pixels || 1);
    this.#histogram.setAttribute("aria-label", TEXTS.histogram(mean.toFixed(0)));
    this.#histogram.firstElementChild.setAttribute("d", outline(bins, HISTOGRAM_HEIGHT));
  }

  #showFaces(count, onFaces) {
    if (!count) {
      this.#faces.textContent = TEXTS.noFaces;
      return;
    }
    const words = TEXTS.show(plural(count, "face"));
    const button = newElement("button", words);
    button.type = "button";
    button.setAttribute("aria-label", `${words} in ${this.#name}`);
    button.addEventListener("click", () => onFaces(count));
    this.#faces.replaceChildren(button);
  }
}

export function newElement(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function outline(bins, height) {
  const highest = Math.max(...bins, 1);
  const steps = bins.map((count, level) => `V${(height * (1 - count / highest)).toFixed(1)}H${level + 1}`);
  return `M0 ${height}${steps.join("")}V${height}Z`;
}
