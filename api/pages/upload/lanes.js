// A queue of tasks of which a few run at a time. Browsers open six connections to a host: uploads,
// waiting for jobs and pictures have two lanes each, so that none keeps the others out.

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

  // What runs goes on; nothing new is begun for so long.
  pause(seconds) {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + seconds * 1000);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), this.#pausedUntil - Date.now() + 1);
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
