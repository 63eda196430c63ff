// What screen readers and keyboards need of Swagger UI; docs.css has the colours.
const ATTRIBUTES = [
  ['.information-container', { role: 'region', 'aria-label': 'About this API' }],
  ['.models > h4', { role: 'heading', 'aria-level': '2' }],
  ['.webhooks h4', { role: 'heading', 'aria-level': '3' }],
  ['.modal-ux', { role: 'dialog', 'aria-modal': 'true', 'aria-label': 'Authorizations' }],
  ['.examples-select-element', { 'aria-label': 'Example' }],
  ['.content-type', { 'aria-label': 'Media type' }],
  ['.close-modal', { 'aria-label': 'Close' }],
  ['pre', { tabindex: '0' }],
];

// Names that are not what the button shows, and a table that says it is a region.
const TOO_MUCH = [
  ['.auth-btn-wrapper [aria-label]', 'aria-label'],
  ['table[role=region]', 'role'],
];

function mend() {
  for (const [selector, attributes] of ATTRIBUTES) {
    for (const found of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (found.getAttribute(name) !== value) found.setAttribute(name, value);
      }
    }
  }
  for (const [selector, name] of TOO_MUCH) {
    for (const found of document.querySelectorAll(selector)) found.removeAttribute(name);
  }
  for (const row of document.querySelectorAll('[data-param-name]')) {
    for (const choice of row.querySelectorAll('select')) choice.ariaLabel = row.dataset.paramName;
  }
}
new MutationObserver(mend).observe(document, { childList: true, subtree: true });

// A plugin of Swagger UI.
// eslint-disable-next-line no-unused-vars
function Accessible({ React }) {
  // Of a link inside a button, which already opens the operation and sets the address.
  const asText = () => ({ text }) => React.createElement('span', { className: 'nostyle' }, text);
  // The only server is the one that shows this page.
  const asNothing = () => () => null;
  return { wrapComponents: { DeepLink: asText, ServersContainer: asNothing } };
}
