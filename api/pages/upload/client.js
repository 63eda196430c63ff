// HTTP client of the service. Keeps the key in memory only.

const WAIT_SECONDS = 10;
const KEY_ROUTES = { drop: "/v1/jobs", job: (id) => `/v1/jobs/${encodeURIComponent(id)}` };
const LINK_ROUTES = { drop: "/v1/uploads", job: (id) => `/v1/uploads/jobs/${encodeURIComponent(id)}` };
const LINK_PREFIX = "mll_";
const TOO_MANY_LISTEN = new Set(["too_many_listeners", "listeners_full"]);
// An earlier request for the same batch is still running: retry to get its response.
const IN_FLIGHT = new Set(["idempotency_key_in_use", "idempotency_key_taken_over"]);

export class Refusal extends Error {
  constructor(status, problem = {}, retryAfter = null) {
    super(problem.title ?? `The service answered with ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.title = this.message;
    this.detail = problem.detail ?? "";
    this.retryAfterSeconds = secondsOf(retryAfter);
  }

  get isBusy() {
    return this.status === 429 || this.status === 503 || IN_FLIGHT.has(this.code);
  }

  get mayPass() {
    return this.status === 0 || this.status >= 500 || this.isBusy;
  }

  // The link takes no more files; retrying does not help.
  get isEndOfLink() {
    return this.status === 410 || this.code === "link_used_up";
  }
}

export class Client {
  #key;
  #routes;

  capabilities = {};

  constructor(key, routes) {
    this.#key = key;
    this.#routes = routes;
  }

  // With a link token, uploaded images are not accessible.
  get seesImages() {
    return this.#routes === KEY_ROUTES;
  }

  // The link and its remaining limits; null with a key.
  get link() {
    return this.seesImages ? null : this.capabilities;
  }

  static async open(key) {
    const isLink = key.startsWith(LINK_PREFIX);
    const client = new Client(key, isLink ? LINK_ROUTES : KEY_ROUTES);
    await client.refresh();
    return client;
  }

  async refresh() {
    const path = this.seesImages ? "/v1/capabilities" : `${LINK_ROUTES.drop}?limit=1`;
    this.capabilities = await (await this.#fetch(path)).json();
  }

  // Waits for an event until the version of a job changes, or for 10 seconds. False if too many
  // clients listen.
  async changed(id, version) {
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(), WAIT_SECONDS * 1000);
    try {
      const headers = { "Last-Event-ID": version };
      const answer = await this.#fetch(`${this.#routes.job(id)}/events`, headers, leaving.signal);
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
    const answer = await this.#fetch(this.#routes.job(id), headers);
    const job = answer.status === 304 ? null : await answer.json();
    return { job, etag: answer.headers.get("ETag") ?? etag };
  }

  async image(id) {
    return (await this.#fetch(imagePath(id))).json();
  }

  async picture(id, variant) {
    return (await this.#fetch(`${imagePath(id)}/content?variant=${variant}`)).blob();
  }

  // Uses XMLHttpRequest because fetch does not report upload progress.
  upload(files, idempotencyKey, onProgress) {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", this.#routes.drop);
    request.setRequestHeader("Authorization", `Bearer ${this.#key}`);
    request.setRequestHeader("Idempotency-Key", idempotencyKey);
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    return new Promise((resolve, reject) => {
      request.addEventListener("load", () => {
        const body = parse(request.responseText);
        if (request.status >= 200 && request.status < 300 && body) resolve(body);
        else reject(new Refusal(request.status, body ?? {}, request.getResponseHeader("Retry-After")));
      });
      for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => reject(new Refusal(0)));
      request.send(form);
    });
  }

  async #fetch(path, headers = {}, signal = null) {
    const all = { Authorization: `Bearer ${this.#key}`, ...headers };
    let answer;
    try {
      answer = await fetch(path, { headers: all, cache: "no-store", credentials: "omit", signal });
    } catch {
      throw new Refusal(0);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw new Refusal(answer.status, parse(await answer.text()) ?? {}, answer.headers.get("Retry-After"));
  }
}

const imagePath = (id) => `/v1/images/${encodeURIComponent(id)}`;

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

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function secondsOf(retryAfter) {
  if (!retryAfter) return null;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
