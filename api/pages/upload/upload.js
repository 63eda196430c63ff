// Entry point of the upload page: connects its parts.

import { Banner } from "./banner.js";
import { Door } from "./door.js";
import { LINK_ENDED, explain } from "./explain.js";
import { Follower } from "./follower.js";
import { JobMaker, groupBy } from "./jobs.js";
import { Keeper } from "./keeper.js";
import { LinkInfo } from "./link.js";
import { Photos } from "./photos.js";
import { Results } from "./results.js";
import { listenForFiles } from "./selection.js";
import { Summary } from "./summary.js";
import { adopt, takeTab } from "./tab.js";
import { TEXTS } from "./texts.js";
import { Uploader } from "./uploader.js";
import { Viewer } from "./viewer.js";
import { ScreenLock } from "./wake.js";

const ROOM_MS = 10_000;
const at = (id) => document.getElementById(id);
const tab = takeTab();
const keeper = new Keeper();
const screenLock = new ScreenLock();
const summary = new Summary(at);
const banner = new Banner(at);
const door = new Door({ part: at, keeper, onOpen: goOn });
const client = () => door.client;
const link = new LinkInfo(at, client);
const photos = new Photos({ list: at("rows"), template: at("row-template"), keeper, on: { change: redraw, act } });
const results = new Results({ client, viewer: new Viewer(at("viewer")) });
const follower = new Follower({ client, onTrouble: onFollowing });
const uploader = new Uploader({ client, keeper, on: { sent: (row) => jobs.add(row), unsent: refuse, trouble } });
const jobs = new JobMaker({
  client,
  keeper,
  isSending: () => photos.rows.some(({ isLeaving }) => isLeaving),
  on: { made, lost: (rows) => send(rows), unsent: refuse, trouble },
});
let isLookingForRoom = false;

async function takeIn(files) {
  if (client().token) keeper.keepLink(door.owner, client().token);
  const maxBytes = client().capabilities.limits?.max_file_bytes ?? Infinity;
  uploader.add(photos.takeIn(files, { owner: door.owner, tab: await tab, maxBytes }));
  redraw();
}

// The page was opened with a key or a link: go on with what an earlier page left.
async function goOn() {
  link.draw();
  banner.tellTrouble("");
  const left = photos.rows.filter(({ isUnsettled, owner }) => isUnsettled && owner !== door.owner);
  for (const row of left) row.owner = door.owner;
  keeper.change(left.map(({ id, owner }) => ({ id, owner })));
  const found = await photos.restore(await adopt(keeper, door.owner, await tab));
  for (const rows of groupBy(found.filter(({ jobId }) => jobId), ({ jobId }) => jobId)) follower.followAgain(rows);
  send(found.filter(({ isUnsettled, isStuck }) => isUnsettled && !isStuck));
  tryNow();
}

// Sends photos from where each of them stopped.
function send(rows) {
  const missing = rows.filter(({ uploadId, file }) => !uploadId && !file);
  for (const row of missing) row.showLost();
  const unsent = rows.filter(({ uploadId, file }) => !uploadId && file);
  for (const row of unsent) row.showWaiting();
  uploader.add(unsent);
  for (const row of rows.filter(({ uploadId }) => uploadId)) row.showSent();
  jobs.repeat(rows.filter(({ uploadId, batch }) => uploadId && batch));
  for (const row of rows.filter(({ uploadId, batch }) => uploadId && !batch)) jobs.add(row);
}

function made(rows, job) {
  follower.follow(rows, job);
  link.refresh();
  forgetLinkAtTheEnd();
}

function refuse(row, refusal) {
  const words = explain(refusal);
  if (refusal.isOfFullLink) {
    row.lacksRoom = true;
    row.showUnsent(TEXTS.noRoom);
    useRoom();
    return;
  }
  if (refusal.isEndOfLink) {
    refuseForGood([row], words);
    link.refresh();
    return;
  }
  row.showUnsent(words);
  banner.tellRefusal(words);
  if (refusal.isOfKey) door.ask(words);
  redraw();
}

function refuseForGood(rows, words) {
  for (const row of rows) row.showRefused(words);
  keeper.remove(rows.map(({ id }) => id));
  forgetLinkAtTheEnd();
}

// Files that are no images, and uploads that are canceled, give their places on the link back.
async function useRoom() {
  const lacking = () => photos.rows.filter(({ state, lacksRoom }) => state === "unsent" && lacksRoom);
  if (isLookingForRoom || !lacking().length) return;
  isLookingForRoom = true;
  await link.refresh();
  isLookingForRoom = false;
  if (client().link?.status === "used_up") refuseForGood(lacking(), LINK_ENDED.used_up);
  else send(link.fitting(lacking()));
}

function trouble(refusal) {
  banner.tellTrouble(refusal?.isOfConnection ? TEXTS.lost : "");
  redraw();
}

function onFollowing(rows, refusal) {
  if (!refusal) trouble(null);
  else if (refusal.isOfKey) door.ask(explain(refusal));
  else if (!refusal.mayPass) for (const row of rows) row.showUnknown(explain(refusal));
  else banner.tellTrouble(TEXTS.lostResults);
  redraw();
}

function act(row) {
  if (row.state === "lost") at("files").click();
  else if (row.state === "unsent") send(row.batch ? photos.rows.filter(({ batch }) => batch?.key === row.batch.key) : [row]);
  else cancel([row]);
}

function cancel(rows) {
  for (const row of rows) uploader.cancel(row);
  jobs.flush();
  forgetLinkAtTheEnd();
}

function retry() {
  send(photos.rows.filter(({ state }) => state === "unsent"));
  tryNow();
  if (!at("choices").hidden) at("choose-files").focus();
}

function tryNow() {
  for (const part of [uploader, jobs, follower]) part.tryNow();
}

function forgetLinkAtTheEnd() {
  if (!photos.rows.some(({ isUnsettled }) => isUnsettled)) keeper.forgetLink(door.owner);
}

function redraw(row) {
  if (row?.hasEnded) {
    results.watch(row);
    useRoom();
  }
  summary.draw(photos.rows, () => {
    banner.draw(photos.rows);
    screenLock.need(!uploader.isPaused && photos.rows.some(({ isLeaving }) => isLeaving));
    return { isPaused: uploader.isPaused, isOfLink: client()?.isOfLink };
  });
}

at("retry").addEventListener("click", retry);
at("cancel").addEventListener("click", () => cancel(photos.rows.filter(({ isOpen }) => isOpen)));
at("pause").addEventListener("click", () => {
  if (uploader.isPaused) uploader.goOn();
  else uploader.pause();
  redraw();
});
at("choose-files").addEventListener("click", () => at("files").click());
at("choose-folder").addEventListener("click", () => at("folder").click());
addEventListener("online", () => {
  tryNow();
  redraw();
});
addEventListener("offline", () => redraw());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") tryNow();
  else jobs.flush(); // Nobody may come back: what is complete becomes a job now.
});
addEventListener("beforeunload", (event) => {
  if (photos.rows.some(({ isUnsettled, isStuck, isKept }) => isUnsettled && !isStuck && !isKept)) event.preventDefault();
});
listenForFiles({
  zone: at("drop"),
  filesInput: at("files"),
  folderInput: at("folder"),
  isOpen: () => client() !== null && at("key-form").hidden && !at("choices").hidden,
  onFiles: takeIn,
});
setInterval(useRoom, ROOM_MS); // Other people give places back, too.
keeper.clean();
door.open();
