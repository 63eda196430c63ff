// What belongs to this tab: its ID, the link that it shows, and the photos that it goes on with.

const TAB = "minilab.tab";
const LINK = "minilab.link";
const LOCK = "minilab tab ";
// After a reload, the lock of the page before is free a moment later.
const PATIENCE_MS = 500;

export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Tells the owners of kept photos apart, and says next to nothing about the key (FNV-1a, 32 bits).
export function ownerOf(key) {
  let hash = 0x811c9dc5;
  for (const character of key) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(16);
}

// A reload shows the same link again. An API key is kept nowhere.
export const shownLink = () => read(LINK);
export const showLink = (token) => write(LINK, token);
export const hideLink = () => write(LINK, "");

// Returns the ID of this tab, which stays the same when the page is reloaded.
export async function takeTab() {
  const known = read(TAB);
  if (known && (await holds(known))) return known;
  const made = newId(); // A new tab, or the copy of one.
  write(TAB, made);
  await holds(made);
  return made;
}

// Takes over the photos of tabs that were closed; those of open tabs stay theirs.
export async function adopt(keeper, owner, tab) {
  const take = async () => {
    const open = await openTabs();
    const mine = (await keeper.photosOf(owner)).filter((photo) => photo.tab === tab || !open.has(photo.tab));
    const ended = mine.filter((photo) => photo.tab !== tab && photo.jobId);
    await keeper.remove(ended.map(({ id }) => id));
    const kept = mine.filter((photo) => !ended.includes(photo));
    await keeper.change(kept.map(({ id }) => ({ id, tab })));
    return kept;
  };
  return navigator.locks ? navigator.locks.request("minilab adoption", take) : take();
}

async function openTabs() {
  if (!navigator.locks) return new Set();
  const { held } = await navigator.locks.query();
  return new Set(held.filter(({ name }) => name.startsWith(LOCK)).map(({ name }) => name.slice(LOCK.length)));
}

// Holds the lock of a tab until the page is left. Browsers have locks on HTTPS and on this machine.
function holds(tab) {
  if (!navigator.locks) return true;
  return new Promise((resolve) => {
    const hold = () => {
      resolve(true);
      return new Promise(() => {});
    };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    navigator.locks.request(LOCK + tab, { signal }, hold).catch(() => resolve(false));
  });
}

function read(name) {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return ""; // The browser forbids storage.
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // As above: a reload begins anew.
  }
}
