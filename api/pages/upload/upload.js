// Entry point of the upload page: connects its parts.

import { Client } from "./client.js";
import { Follower } from "./follower.js";
import { Results, Viewer } from "./results.js";
import { Row } from "./row.js";
import { listenForFiles } from "./selection.js";
import { Sender } from "./sender.js";
import { bytesInWords, explain, formatName, linkInWords, plural } from "./words.js";

const ANNOUNCE_MS = 1500;
const at = (id) => document.getElementById(id);
const rows = [];
const unsent = new Set();
let client = null;
let isDrawn = true;
let announcing = null;

const getClient = () => client;
const results = new Results({ client: getClient, viewer: new Viewer(at("viewer")) });
const sender = new Sender({
  client: getClient,
  onAccepted: (sent, job) => {
    follower.follow(sent, job);
    refreshLink();
  },
  onUnsent: (batch, refusal) => {
    if (refusal.isEndOfLink) {
      for (const row of batch.rows) row.showRefused(explain(refusal));
      refreshLink();
      return;
    }
    unsent.add(batch);
    for (const row of batch.rows) row.showUnsent(explain(refusal));
    complain(explain(refusal));
    if (refusal.status === 401) askForKey(explain(refusal));
  },
});
const follower = new Follower({
  client: getClient,
  onTrouble: (followed, refusal) => {
    if (!refusal) complain("");
    else if (refusal.status === 401) askForKey(explain(refusal));
    else if (refusal.mayPass) complain("The connection is lost. Your photos are safe; their results appear when it returns.");
    else for (const row of followed) row.showLost(explain(refusal));
  },
});

function takeIn(files) {
  const template = at("row-template");
  const added = files.map((file) => new Row(template, file, redraw));
  rows.push(...added);
  at("rows").append(...added.map((row) => row.element));
  const limit = client.capabilities.limits?.max_file_bytes ?? Infinity;
  for (const row of added.filter(({ file }) => file.size > limit)) {
    row.showRefused(`The file is too large: this service takes ${bytesInWords(limit)} at most.`);
  }
  sender.send(added.filter(({ file }) => file.size <= limit));
  redraw();
}

function retry() {
  const again = [...unsent];
  unsent.clear();
  complain("");
  for (const batch of again) {
    for (const row of batch.rows) row.showWaiting();
    sender.sendBatch(batch);
  }
  at("choose-files").focus();
}

// Many rows can change at once: update the summary once per frame.
function redraw(row) {
  if (row?.hasEnded) results.watch(row);
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    drawSummary();
  });
}

function drawSummary() {
  const ended = rows.filter((row) => row.hasEnded).length;
  const wrong = rows.filter((row) => row.hasProblem).length;
  const bytes = rows.reduce((sum, { file }) => sum + file.size, 0);
  const sent = rows.reduce((sum, row) => sum + row.file.size * row.sentShare, 0);
  const parts = [`${ended} of ${plural(rows.length, "photo")} done`];
  if (wrong) parts.push(`${wrong} with a problem`);
  if (rows.some((row) => row.isLeaving)) parts.push(`${bytesInWords(sent)} of ${bytesInWords(bytes)} sent`);
  at("summary").hidden = !rows.length;
  at("summary-text").textContent = parts.join(" · ");
  at("summary-bar").value = rows.length ? (ended + sent / (bytes || 1)) / (rows.length + 1) : 0;
  at("summary-bar").hidden = ended === rows.length;
  announce(parts.slice(0, 2).join(", "));
}

// Delays announcements, so that screen readers do not read every step.
function announce(words) {
  clearTimeout(announcing);
  announcing = setTimeout(() => { at("status").textContent = words; }, ANNOUNCE_MS);
}

function complain(words) {
  const count = [...unsent].reduce((sum, { rows: { length } }) => sum + length, 0);
  const all = words || (unsent.size ? at("banner-text").textContent : "");
  at("banner-text").textContent = all;
  at("banner").hidden = !all;
  at("retry").hidden = !unsent.size;
  at("retry").textContent = `Send ${plural(count, "photo")} again`;
}

// The limits of a link change with every upload, including those of other people.
async function refreshLink() {
  if (!client.link) return;
  try {
    await client.refresh();
    drawLink(linkInWords(client.link), client.link.status === "open");
  } catch (refusal) {
    if (refusal.isEndOfLink) drawLink(explain(refusal), false);
  }
}

function drawLink(words, isOpen) {
  const { note = null } = client.link ?? {};
  at("link-note").textContent = note ?? "";
  at("link-note").hidden = !note;
  at("link-left").textContent = words;
  at("link-left").hidden = !words;
  for (const id of ["how", "choices", "limits"]) at(id).hidden = !isOpen;
}

function askForKey(words = "") {
  const isNew = at("key-form").hidden;
  at("key-form").hidden = false;
  at("other-key").hidden = true;
  at("counter").hidden = !rows.length;
  at("drop").hidden = true;
  at("key-error").textContent = words;
  if (isNew) at("key").focus();
}

async function open(key) {
  try {
    client = await Client.open(key);
  } catch (refusal) {
    askForKey(explain(refusal));
    return;
  }
  const isTyped = !at("key-form").hidden;
  at("key").value = "";
  at("key-error").textContent = "";
  at("key-form").hidden = true;
  at("drop").hidden = at("counter").hidden = at("other-key").hidden = false;
  at("limits").textContent = limitsInWords(client.capabilities);
  drawLink(client.link ? linkInWords(client.link) : "", !client.link || client.link.status === "open");
  follower.resume();
  if (isTyped && !at("choices").hidden) at("choose-files").focus();
}

function limitsInWords({ formats, limits }) {
  const names = formats?.map(({ format }) => formatName(format)).join(", ");
  const most = limits?.max_file_bytes ? `up to ${bytesInWords(limits.max_file_bytes)} each` : "";
  return [names, most].filter(Boolean).join(" · ");
}

// The fragment never reaches a server. Remove it from the address bar and the history too.
function takeKeyFromAddress() {
  const fragment = location.hash.slice(1);
  if (!fragment) return "";
  history.replaceState(null, "", location.pathname + location.search);
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function start() {
  const key = takeKeyFromAddress();
  if (key) open(key);
  else askForKey();
}

at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  open(at("key").value.trim());
});
at("other-key").addEventListener("click", () => askForKey());
at("retry").addEventListener("click", retry);
at("choose-files").addEventListener("click", () => at("files").click());
at("choose-folder").addEventListener("click", () => at("folder").click());
addEventListener("hashchange", () => location.hash && start());
addEventListener("beforeunload", (event) => {
  if (rows.some((row) => row.isLeaving)) event.preventDefault();
});
listenForFiles({
  zone: at("drop"),
  filesInput: at("files"),
  folderInput: at("folder"),
  isOpen: () => client !== null && at("key-form").hidden && !at("choices").hidden,
  onFiles: takeIn,
});
start();
