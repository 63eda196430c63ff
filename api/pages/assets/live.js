// Sends "tick" to the body every two seconds while the page is visible. Parts that move listen to
// it (hx-trigger="tick from:body"); a page in the background asks for nothing.
const EVERY_MS = 2000;

function tick() {
  if (document.visibilityState === "visible") {
    document.body.dispatchEvent(new CustomEvent("tick"));
  }
}

setInterval(tick, EVERY_MS);
document.addEventListener("visibilitychange", tick);
