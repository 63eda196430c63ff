// Keeps the screen on while photos are sent, where the browser can: a phone that sleeps stops sending.

export class ScreenLock {
  #lock = null;
  #isNeeded = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#update());
  }

  need(isNeeded) {
    if (isNeeded === this.#isNeeded) return;
    this.#isNeeded = isNeeded;
    this.#update();
  }

  // The browser releases the lock when the page is hidden.
  async #update() {
    try {
      if (this.#isNeeded && document.visibilityState === "visible" && (this.#lock?.released ?? true)) {
        this.#lock = await navigator.wakeLock?.request("screen");
      }
      if (!this.#isNeeded) await this.#lock?.release();
    } catch {
      // The browser saves its battery.
    }
  }
}
