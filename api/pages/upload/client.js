// Speaks to the service. The key lives in this object's memory and nowhere else.

const WAIT_SECONDS = 10;
const KEY_ROUTES = { drop: "/v1/jobs", job: (id) => `/v1/jobs/${encodeURIComponent(id)}` };
const LINK_ROUTES = { drop: "/v1/uploads", job: (id) => `/v1/uploads/jobs/${encodeURIComponent(id)}` };
// What a link's route says of something that is no link token.
const NO_LINK = new Set([401, 404, 405]);
// An earlier sending of the same batch has not ended: ask again for its answer.
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
}

export class Client {
  #key;
  #routes;

  constructor(key, routes, capabilities) {
    this.#key = key;
    this.#routes = routes;
    this.capabilities = capabilities;
  }

  // A link token opens less than a key: its pictures stay with whoever sent it.
  get seesImages() {
    return this.#routes === KEY_ROUTES;
  }

  static async open(key) {
    try {
      const answer = await new Client(key).#fetch("/v1/capabilities");
      return new Client(key, KEY_ROUTES, await answer.json());
    } catch (refusal) {
      if (refusal.status !== 401) throw refusal;
      return Client.#openLink(key, refusal);
    }
  }

  static async #openLink(token, asKey) {
    try {
      const answer = await new Client(token).#fetch(LINK_ROUTES.drop);
      return new Client(token, LINK_ROUTES, await answer.json());
    } catch (refusal) {
      throw NO_LINK.has(refusal.status) ? asKey : refusal;
    }
  }

  async job(id, etag) {
    const headers = { Prefer: `wait=${WAIT_SECONDS}`, ...(etag ? { "If-None-Match": etag } : {}) };
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

  // XMLHttpRequest, because fetch cannot say how much of a body has been sent.
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

  async #fetch(path, headers = {}) {
    const all = { Authorization: `Bearer ${this.#key}`, ...headers };
    let answer;
    try {
      answer = await fetch(path, { headers: all, cache: "no-store", credentials: "omit" });
    } catch {
      throw new Refusal(0);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw new Refusal(answer.status, parse(await answer.text()) ?? {}, answer.headers.get("Retry-After"));
  }
}

const imagePath = (id) => `/v1/images/${encodeURIComponent(id)}`;

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
