// Sends "tick" to the body every two seconds, and "slow-tick" every ten, while the page is visible.
// Parts that move listen to them (hx-trigger="tick from:body"); a page in the background asks for
// nothing.
const EVERY_MS = 2000;
const SLOW_EVERY = 5;
let ticks = 0;

function send(name) {
  document.body.dispatchEvent(new CustomEvent(name));
}

function tick() {
  if (document.visibilityState !== "visible") return;
  ticks += 1;
  send("tick");
  if (ticks % SLOW_EVERY === 0) send("slow-tick");
}

setInterval(tick, EVERY_MS);
document.addEventListener("visibilitychange", tick);
