// Runs a limited number of queued tasks at a time. Browsers open six connections per host: uploads
// get three, jobs and pictures two each for short requests, so that none blocks the others for long.

export class Lanes {
  #width;
  #waiting = [];
  #running = 0;
  #pausedUntil = 0;
  #timer = null;

  constructor(width) {
    this.#width = width;
  }

  add(task) {
    this.#waiting.push(task);
    this.#next();
  }

  addFirst(...tasks) {
    this.#waiting.unshift(...tasks);
    this.#next();
  }

  // Starts no new task for some seconds, or until it is resumed; running tasks continue.
  pause(seconds = Infinity) {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + seconds * 1000);
    clearTimeout(this.#timer);
    if (this.#pausedUntil < Infinity) {
      this.#timer = setTimeout(() => this.#next(), this.#pausedUntil - Date.now() + 1);
    }
  }

  resume() {
    this.#pausedUntil = 0;
    this.#next();
  }

  #next() {
    while (this.#running < this.#width && this.#waiting.length && Date.now() >= this.#pausedUntil) {
      const task = this.#waiting.shift();
      this.#running += 1;
      task().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}
