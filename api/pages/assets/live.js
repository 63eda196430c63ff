// Sends "tick" to the body every two seconds, and "slow-tick" every ten, while the page is visible.
// Parts that move listen to them (hx-trigger="tick from:body"); a page in the background asks for
// nothing. Where the service does not answer, they stay as they are, and #offline says so.
const EVERY_MS = 2000;
const SLOW_EVERY = 5;
const LEAVING_MS = 10_000; // One can stop the browser on its way to another page.
let ticks = 0;
let failedAt = -1;
let leavingUntil = 0;

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

// A form that makes a change, with a place for the reason why it is refused.
function findAlert(element) {
  return element instanceof Element && element.matches("form[hx-post]") ? element.querySelector("[role=alert]") : null;
}

document.addEventListener("htmx:before:request", (event) => {
  // The next page is on its way: another click on the last one would change something twice.
  if (performance.now() < leavingUntil) event.preventDefault();
  findAlert(event.target)?.replaceChildren();
  event.detail.ctx.begunAt = performance.now();
});
document.addEventListener("htmx:after:request", ({ detail }) => {
  if (detail.ctx.hx.redirect) leavingUntil = performance.now() + LEAVING_MS;
});
window.addEventListener("pageshow", () => {
  leavingUntil = 0;
});
document.addEventListener("htmx:before:response", (event) => {
  // What was asked before a change got no answer does not say that the service is back.
  if (event.detail.ctx.begunAt < failedAt) return;
  const hasFailed = isLive(event.target) && event.detail.ctx.response.status >= 400;
  showOffline(hasFailed);
  if (hasFailed) event.preventDefault();
});
// A refused form keeps its values, whoever refused it: of an answer that is no page of ours, nothing
// is shown.
document.addEventListener("htmx:before:swap", (event) => {
  const alert = findAlert(event.target);
  if (alert === null) return;
  const { ctx, tasks } = event.detail;
  const answer = tasks.find(({ type }) => type === "main")?.fragment;
  const { status } = ctx.response;
  if (status < 400 && answer?.querySelector("main")) return;
  event.preventDefault();
  const { refused } = document.getElementById("offline").dataset;
  alert.textContent = answer?.querySelector("main #refusal")?.textContent ?? refused.replace("{status}", status);
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
