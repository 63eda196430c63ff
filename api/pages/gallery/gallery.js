// Arrow keys lead from an image to its neighbours, and the way back leads to the place in the list.
const KEYS = { ArrowLeft: "a[rel=prev]", ArrowRight: "a[rel=next]" };

document.addEventListener("keydown", (event) => {
  const isOther = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (isOther || !(event.key in KEYS) || event.target.closest("input, select, dialog, [tabindex='0']")) return;
  document.querySelector(KEYS[event.key])?.click();
});

// The list may be thousands of images long: going back opens it at the part that one came from.
document.addEventListener("click", ({ target }) => {
  const link = target.closest(".shots [data-cursor]");
  if (link === null || location.pathname !== "/gallery") return;
  const url = new URL(location.href);
  if (link.dataset.cursor) url.searchParams.set("cursor", link.dataset.cursor);
  url.hash = link.id;
  history.replaceState(null, "", url);
  history.scrollRestoration = "manual";
});

if (location.hash.startsWith("#i-")) {
  document.getElementById(location.hash.slice(1))?.focus();
}
