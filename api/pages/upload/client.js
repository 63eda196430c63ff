// HTTP client of the service. Holds the key, and gives it to nobody but requests.

import { Refusal, parse } from "./refusal.js";

const WAIT_SECONDS = 10;
const LINK_PREFIX = "mll_";
const TOO_MANY_LISTEN = new Set(["too_many_listeners", "listeners_full"]);
const PICTURES = "content_urls=thumbnail&content_urls=faces";

export const isLinkToken = (key) => key.startsWith(LINK_PREFIX);

export class Client {
  #key;

  capabilities = {};

  constructor(key) {
    this.#key = key;
    this.isOfLink = isLinkToken(key);
  }

  static async open(key) {
    const client = new Client(key);
    await client.refresh();
    return client;
  }

  // For a link that has expired: what was begun in time can be finished.
  static openExpired(key) {
    const client = new Client(key);
    client.capabilities = { status: "expired" };
    return client;
  }

  get headers() {
    return { Authorization: `Bearer ${this.#key}` };
  }

  // The token of a link, which may be kept for a while; null with a key, which may not.
  get token() {
    return this.isOfLink ? this.#key : null;
  }

  // The link and its remaining limits; null with a key.
  get link() {
    return this.isOfLink ? this.capabilities : null;
  }

  async refresh() {
    const path = this.isOfLink ? "/v1/uploads?limit=1" : "/v1/capabilities";
    this.capabilities = await (await this.#fetch(path)).json();
  }

  // Makes a job of uploads that are complete. The same key always gives the same job.
  async makeJob(uploads, idempotencyKey) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey };
    const sent = { method: "POST", headers, body: JSON.stringify({ uploads }), keepalive: true };
    return (await this.#fetch(this.isOfLink ? "/v1/uploads" : "/v1/jobs", sent)).json();
  }

  // Waits for an event until the version of a job changes, or for 10 seconds. False if too many
  // clients listen.
  async changed(id, version) {
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(), WAIT_SECONDS * 1000);
    try {
      const headers = { "Last-Event-ID": version };
      const answer = await this.#fetch(`${this.#pathOf(id)}/events`, { headers, signal: leaving.signal });
      return answer.status === 204 || (await hasData(answer.body));
    } catch (refusal) {
      if (leaving.signal.aborted) return true;
      if (TOO_MANY_LISTEN.has(refusal.code)) return false;
      throw refusal instanceof Refusal ? refusal : new Refusal(0);
    } finally {
      clearTimeout(timer);
      leaving.abort();
    }
  }

  // Reads a job, or null if it is unchanged; waits for its end for up to 10 seconds if `waits`.
  async job(id, etag, waits) {
    const headers = { ...(waits && { Prefer: `wait=${WAIT_SECONDS}` }), ...(etag && { "If-None-Match": etag }) };
    const answer = await this.#fetch(this.#pathOf(id), { headers });
    const job = answer.status === 304 ? null : await answer.json();
    return { job, etag: answer.headers.get("ETag") ?? etag };
  }

  // Reads an image with its results. With a link, only the sender of an image knows its URL.
  async image(id, resultsUrl) {
    const image = encodeURIComponent(id);
    const path = this.isOfLink ? `${ownPath(resultsUrl)}/images/${image}` : `/v1/images/${image}?${PICTURES}`;
    return (await this.#fetch(path)).json();
  }

  async picture({ url }) {
    return (await this.#fetch(ownPath(url))).blob();
  }

  #pathOf(jobId) {
    return `${this.isOfLink ? "/v1/uploads/jobs" : "/v1/jobs"}/${encodeURIComponent(jobId)}`;
  }

  async #fetch(path, { headers = {}, ...more } = {}) {
    const all = { ...this.headers, ...headers };
    let answer;
    try {
      answer = await fetch(path, { headers: all, cache: "no-store", credentials: "omit", ...more });
    } catch {
      throw new Refusal(0);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw new Refusal(answer.status, parse(await answer.text()) ?? {}, answer.headers.get("Retry-After"));
  }
}

// The service may know itself by another address than the one of this page.
export const ownPath = (url) => url.slice(url.indexOf("/v1/"));

// Reads a stream until its first event; false if it ends without one.
async function hasData(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("data:")) {
    const { value, done } = await reader.read();
    if (done) return false;
    text += value;
  }
  return true;
}
