// Sends "tick" to the body every two seconds, and "slow-tick" every ten, while the page is visible.
// Parts that move listen to them (hx-trigger="tick from:body"); a page in the background asks for
// nothing. Where the service does not answer, they stay as they are, and #offline says so.
const EVERY_MS = 2000;
const SLOW_EVERY = 5;
let ticks = 0;
let failedAt = -1;

function send(name) {
  document.body.dispatchEvent(new CustomEvent(name));
}

function tick() {
  if (document.visibilityState !== "visible") return;
  ticks += 1;
  send("tick");
  if (ticks % SLOW_EVERY === 0) send("slow-tick");
}

function isLive(element) {
  return element instanceof Element && element.matches("[hx-trigger*=tick]");
}

function showOffline(isOffline) {
  const banner = document.getElementById("offline");
  if (banner !== null) banner.hidden = !isOffline;
}

document.addEventListener("htmx:before:request", ({ detail }) => {
  detail.ctx.begunAt = performance.now();
});
document.addEventListener("htmx:before:response", (event) => {
  // What was asked before a change got no answer does not say that the service is back.
  if (event.detail.ctx.begunAt < failedAt) return;
  const hasFailed = isLive(event.target) && event.detail.ctx.response.status >= 400;
  showOffline(hasFailed);
  if (hasFailed) event.preventDefault();
});
document.addEventListener("htmx:error", ({ target }) => {
  failedAt = performance.now();
  showOffline(true);
  if (!(target instanceof Element) || target.closest("form") === null) return;
  // A change that got no answer: its question would cover the banner, which may be out of sight.
  target.closest("[popover]")?.hidePopover();
  document.getElementById("offline")?.scrollIntoView({ block: "nearest" });
});
setInterval(tick, EVERY_MS);
document.addEventListener("visibilitychange", tick);
