// A file on the page, from its selection to its results. Shows all text as text, never as markup.

import { bytesInWords, cameraInWords, formatName, plural, problemInWords, secondsInWords, takenInWords, warningsInWords } from "./words.js";

const WORDS = {
  waiting: "Waiting to be sent",
  queued: "In the queue",
  processing: "Being processed",
  succeeded: "Done",
  partial: "Partly done",
  failed: "Failed",
  canceled: "Canceled",
};
const ENDED = new Set(["succeeded", "partial", "failed", "canceled", "refused"]);
const SETTLED_SHARE = { waiting: 0, unsent: 0 };

export class Row {
  #onChange;
  #parts;

  constructor(template, file, onChange) {
    this.file = file;
    this.imageId = null;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#onChange = onChange;
    const part = (name) => this.element.querySelector(name);
    this.#parts = {
      thumb: part(".thumb img"), state: part(".state"), bar: part("progress"), note: part(".note"),
      problems: part(".problems"), facts: part(".facts"), extras: part(".extras"),
      histogram: part(".histogram"), faces: part(".faces"),
    };
    part(".name").textContent = file.name;
    part(".name").title = file.webkitRelativePath || file.name;
    part(".size").textContent = bytesInWords(file.size);
    this.#parts.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.#setState("waiting", WORDS.waiting);
  }

  get hasEnded() {
    return ENDED.has(this.state);
  }

  get hasProblem() {
    return this.state !== "succeeded" && (this.hasEnded || this.state === "unsent");
  }

  // Waiting or being sent.
  get isLeaving() {
    return this.state === "waiting" || this.state === "sending";
  }

  // The share of the file that was sent, 0 to 1.
  get sentShare() {
    return this.state === "sending" ? this.#parts.bar.value : (SETTLED_SHARE[this.state] ?? 1);
  }

  showSending(share) {
    this.#parts.bar.value = share;
    const words = share === 0 ? WORDS.waiting : share < 1 ? `Sending, ${Math.floor(share * 100)} %` : "Sent";
    this.#setState(share === 0 ? "waiting" : "sending", words);
  }

  showBusy(seconds) {
    this.#parts.bar.value = 0;
    this.#setState("waiting", `The service is busy: again in ${secondsInWords(seconds)}`);
  }

  showUnsent(words) {
    this.#setState("unsent", "Not sent");
    this.#showProblems([words]);
  }

  showWaiting() {
    this.#parts.bar.value = 0;
    this.#showProblems([]);
    this.#setState("waiting", WORDS.waiting);
  }

  showRefused(words) {
    this.#setState("refused", "Not sent");
    this.#showProblems([words]);
  }

  showLost(words) {
    this.#setState("failed", "Unknown");
    this.#showProblems([words]);
  }

  showItem(item, queue) {
    this.imageId = item.image_id;
    if (item.duplicate_of) this.#showNote("A duplicate of an earlier upload: stored once.");
    this.#showProblems([...problemsOf(item), ...warningsInWords(item)]);
    this.#setState(item.status, item.status === "queued" ? queueInWords(queue) : WORDS[item.status]);
  }

  showThumbnail(url) {
    const { thumb } = this.#parts;
    thumb.addEventListener("load", () => { thumb.hidden = false; }, { once: true });
    thumb.src = url;
  }

  showResults(image, onFaces) {
    const { metadata, histogram, faces } = image;
    this.#addFact("Format", formatName(image.format));
    if (image.width) this.#addFact("Width and height", `${image.width} × ${image.height}`);
    if (metadata) {
      this.#addFact("Camera", cameraInWords(metadata));
      this.#addFact("Taken", takenInWords(metadata.taken_at));
    }
    if (histogram) this.#showHistogram(histogram);
    if (faces) this.#showFaces(faces.length, onFaces);
    this.#parts.extras.hidden = !histogram && !faces;
  }

  #setState(state, words) {
    this.state = state;
    this.element.dataset.state = state;
    if (this.#parts.state.textContent !== words) this.#parts.state.textContent = words;
    this.#parts.bar.hidden = state !== "sending";
    this.#onChange(this);
  }

  #showNote(words) {
    this.#parts.note.textContent = words;
    this.#parts.note.hidden = false;
  }

  #showProblems(problems) {
    const list = this.#parts.problems;
    list.replaceChildren(...problems.map((words) => newElement("li", words)));
    list.hidden = !problems.length;
  }

  #addFact(name, value) {
    if (!value) return;
    const fact = document.createElement("div");
    fact.append(newElement("dt", name), newElement("dd", value));
    this.#parts.facts.append(fact);
  }

  #showHistogram({ bins, pixels }) {
    const mean = bins.reduce((sum, count, level) => sum + level * count, 0) / (pixels || 1);
    this.#parts.histogram.setAttribute("aria-label", `Brightness histogram, mean ${mean.toFixed(0)} of 255`);
    this.#parts.histogram.firstElementChild.setAttribute("d", outline(bins, 48));
  }

  #showFaces(count, onFaces) {
    if (!count) {
      this.#parts.faces.textContent = "No faces";
      return;
    }
    const button = newElement("button", `Show ${plural(count, "face")}`);
    button.type = "button";
    button.setAttribute("aria-label", `Show ${plural(count, "face")} in ${this.file.name}`);
    button.addEventListener("click", () => onFaces(this, count));
    this.#parts.faces.replaceChildren(button);
  }
}

function newElement(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function queueInWords({ position, eta_seconds: seconds }) {
  const place = position ? `, ${plural(position, "photo")} ahead` : "";
  return `${WORDS.queued}${place}${seconds >= 1 ? `, about ${secondsInWords(seconds)}` : ""}`;
}

function problemsOf(item) {
  if (item.error) return [problemInWords(item.error)];
  return Object.entries(item.operations)
    .filter(([, cell]) => cell.error)
    .map(([name, cell]) => `${name}: ${problemInWords(cell.error)}`);
}

function outline(bins, height) {
  const highest = Math.max(...bins, 1);
  const steps = bins.map((count, level) => `V${(height * (1 - count / highest)).toFixed(1)}H${level + 1}`);
  return `M0 ${height}${steps.join("")}V${height}Z`;
}
