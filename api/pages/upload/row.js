// A photo on the page, from its selection to its results. Shows all text as text, never as markup.

import { Facts, newElement } from "./facts.js";
import { ACTIONS, STATES, TEXTS } from "./texts.js";
import { bytesInWords, problemsInWords, queueInWords, tryingAgainInWords, warningsInWords } from "./words.js";

const ENDED = new Set(["succeeded", "partial", "failed", "canceled", "refused"]);
// Not sent yet: can be canceled.
const OPEN = new Set(["waiting", "sending", "unsent", "lost"]);

const THUMBNAIL_PAUSES_MS = [1000, 4000, 15000];

export class Row {
  #onChange;
  #parts;
  #facts;
  #share = 0;

  address = null;
  batch = null;
  failures = 0;
  file = null;
  imageId = null;
  isKept = false;
  jobId = null;
  lacksRoom = false;
  resultsUrl = null;
  uploadId = null;

  // photo: what the keeper knows of it. on.change(row), on.act(row): its button was pressed.
  constructor(template, photo, on) {
    Object.assign(this, photo);
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#onChange = on.change;
    const part = (name) => this.element.querySelector(name);
    this.#parts = {
      thumb: part(".thumb img"), state: part(".state"), bar: part("progress"), note: part(".note"),
      problems: part(".problems"), act: part(".act"),
    };
    this.#facts = new Facts(this.element, this.name);
    part(".name").textContent = this.name;
    part(".name").title = this.path;
    part(".size").textContent = bytesInWords(this.size);
    this.#parts.bar.setAttribute("aria-label", TEXTS.uploadOf(this.name));
    this.#parts.act.addEventListener("click", () => on.act(this));
    this.#setState("waiting");
  }

  get hasEnded() {
    return ENDED.has(this.state);
  }

  get hasProblem() {
    return this.state !== "succeeded" && this.state !== "canceled" && (this.hasEnded || this.isStuck);
  }

  // Needs a person.
  get isStuck() {
    return this.state === "unsent" || this.state === "lost";
  }

  get isOpen() {
    return OPEN.has(this.state);
  }

  // Waiting or being sent.
  get isLeaving() {
    return this.state === "waiting" || this.state === "sending";
  }

  // Not accepted by the service for good: the page has to go on.
  get isUnsettled() {
    return !this.jobId && !this.hasEnded;
  }

  get sentBytes() {
    return this.size * this.#share;
  }

  showSending(share) {
    this.#share = this.#parts.bar.value = share;
    if (share === 0) this.showWaiting();
    else this.#setState("sending", share < 1 ? TEXTS.sending(share) : TEXTS.sent);
  }

  showWaiting() {
    this.lacksRoom = false;
    this.#showProblems([]);
    this.#setState("waiting");
  }

  showTryingAgain(refusal, seconds) {
    this.#setState("waiting", tryingAgainInWords(refusal, seconds));
  }

  showSent() {
    this.#share = 1;
    this.#setState("sent");
  }

  showUnsent(words) {
    this.#showProblems([words]);
    this.#setState("unsent");
  }

  // The bytes are gone: the photo must be chosen again.
  showLost() {
    this.#showProblems([TEXTS.chooseAgain]);
    this.#setState("lost");
  }

  showRefused(words) {
    this.#showProblems([words]);
    this.#setState("refused");
  }

  showCanceled() {
    this.#showProblems([]);
    this.#setState("canceled");
  }

  showUnknown(words) {
    this.#showProblems([words]);
    this.#setState("failed", TEXTS.unknown);
  }

  showItem(item, queue) {
    this.imageId = item.image_id;
    this.#share = 1;
    if (item.duplicate_of) this.#showNote(TEXTS.duplicate);
    this.#showProblems([...problemsInWords(item), ...warningsInWords(item)]);
    this.#setState(item.status, item.status === "queued" ? queueInWords(queue) : STATES[item.status]);
  }

  // A busy service may refuse to make the thumbnail of a large photo now: it is asked again.
  showThumbnail(url, pauses = THUMBNAIL_PAUSES_MS) {
    const { thumb } = this.#parts;
    const [pause, ...later] = pauses;
    thumb.onload = () => { thumb.hidden = false; };
    thumb.onerror = () => { if (pause) setTimeout(() => this.showThumbnail(url, later), pause); };
    thumb.src = url;
  }

  showResults(image, onFaces) {
    this.#facts.show(image, onFaces);
  }

  #setState(state, words = STATES[state]) {
    const { act, bar, state: shown } = this.#parts;
    this.state = state;
    this.element.dataset.state = state;
    if (shown.textContent !== words) shown.textContent = words;
    bar.hidden = state !== "sending";
    const action = ACTIONS[state];
    act.hidden = !action;
    if (action && act.textContent !== action) {
      act.textContent = action;
      act.setAttribute("aria-label", TEXTS.actionOf(action, this.name));
    }
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
}
