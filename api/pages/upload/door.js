// Opens the page with a key or the token of a link: from its address, from before a reload, or typed.

import { Client, isLinkToken } from "./client.js";
import { explain } from "./explain.js";
import { hideLink, ownerOf, showLink, shownLink } from "./tab.js";
import { TEXTS } from "./texts.js";
import { limitsInWords } from "./words.js";

export class Door {
  #part;
  #keeper;
  #onOpen;
  #attempt = 0;
  #title;

  client = null;
  owner = "";

  // onOpen(): the page has a client.
  constructor({ part, keeper, onOpen }) {
    this.#part = part;
    this.#keeper = keeper;
    this.#onOpen = onOpen;
    this.#title = part("key-title").textContent;
    part("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter(part("key").value.trim(), true);
    });
    part("other-key").addEventListener("click", () => this.ask());
    addEventListener("hashchange", () => location.hash && this.open());
  }

  async open() {
    const key = takeKeyFromAddress() || shownLink() || (await this.#keeper.latestLink());
    if (key) {
      await this.#enter(key, false);
      return;
    }
    this.ask();
    const unfinished = await this.#keeper.countUnsettled();
    if (unfinished) this.#part("key-error").textContent = TEXTS.unfinished(unfinished);
  }

  // Asks for a key; for a link that has ended, only says so.
  ask(words = "", isEnd = false) {
    const part = this.#part;
    const isNew = part("key-form").hidden || part("key-fields").hidden;
    part("opening").hidden = true;
    part("key-form").hidden = false;
    part("key-title").textContent = isEnd ? TEXTS.linkEnded : this.#title;
    part("key-fields").hidden = isEnd;
    part("other-key").hidden = !isEnd;
    part("counter").hidden = !part("rows").children.length;
    part("drop").hidden = true;
    part("key-error").textContent = words;
    if (isNew && !isEnd) part("key").focus();
  }

  async #enter(key, isTyped) {
    this.#attempt += 1;
    const attempt = this.#attempt;
    for (let failures = 0; ; failures += 1) {
      try {
        const client = await this.#clientOf(key);
        if (attempt === this.#attempt) this.#show(client, key, isTyped);
        return;
      } catch (refusal) {
        if (attempt !== this.#attempt) return;
        if (isTyped || !refusal.mayPass) {
          if (!refusal.mayPass) hideLink();
          this.ask(explain(refusal), refusal.isEndOfLink && !isTyped);
          return;
        }
        this.#part("opening").textContent = explain(refusal);
        this.#part("opening").hidden = false;
        await new Promise((resolve) => setTimeout(resolve, refusal.pauseSeconds(failures) * 1000));
      }
    }
  }

  async #clientOf(key) {
    try {
      return await Client.open(key);
    } catch (refusal) {
      const isLate = refusal.code === "link_expired" && (await this.#keeper.photosOf(ownerOf(key))).length;
      if (isLate) return Client.openExpired(key);
      throw refusal;
    }
  }

  #show(client, key, isTyped) {
    const part = this.#part;
    this.client = client;
    this.owner = ownerOf(key);
    if (isLinkToken(key)) showLink(key);
    else hideLink();
    part("key").value = "";
    part("key-error").textContent = "";
    part("key-form").hidden = part("opening").hidden = true;
    part("drop").hidden = part("counter").hidden = part("other-key").hidden = false;
    part("limits").textContent = limitsInWords(client.capabilities);
    this.#onOpen();
    if (isTyped && !part("choices").hidden) part("choose-files").focus();
  }
}

// The fragment never reaches a server. Remove it from the address bar and the history too.
function takeKeyFromAddress() {
  const fragment = location.hash.slice(1);
  if (!fragment) return "";
  history.replaceState(null, "", location.pathname + location.search);
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
