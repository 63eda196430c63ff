// Keeps in this browser (IndexedDB) what is not uploaded yet: a page that was closed goes on later.

const NAME = "minilab-uploads";
const VERSION = 1;
const PHOTOS = "photos"; // What is known of each photo, without its bytes.
const FILES = "files"; // The bytes, by the ID of the photo.
const LINKS = "links"; // Tokens of links with photos that are not uploaded yet, by owner.
const KEPT_MS = 7 * 24 * 3600 * 1000;

export class Keeper {
  #opening = open();

  // All photos of an owner, in the order in which they were chosen.
  async photosOf(owner) {
    return (await this.#all(PHOTOS)).filter((photo) => photo.owner === owner).sort((a, b) => a.order - b.order);
  }

  // How many photos, of whomever, are not uploaded yet.
  async countUnsettled() {
    return (await this.#all(PHOTOS)).filter(({ jobId }) => !jobId).length;
  }

  async add(photos) {
    await this.#run("readwrite", [PHOTOS], (store) => photos.map((photo) => store.put(photo)));
  }

  // Returns whether the browser keeps the file; it may have no room.
  async keepFile(id, file) {
    return (await this.#run("readwrite", [FILES], (files) => files.put(file, id))) !== null;
  }

  file(id) {
    return this.#run("readonly", [FILES], (files) => files.get(id));
  }

  // Changes what is known of some photos, in one step. Photos that are kept no longer stay away.
  async change(changes) {
    await this.#run("readwrite", [PHOTOS], (photos) => {
      for (const { id, ...fields } of changes) {
        photos.get(id).onsuccess = ({ target }) => target.result && photos.put({ ...target.result, ...fields });
      }
    });
  }

  async dropFiles(ids) {
    await this.#run("readwrite", [FILES], (files) => ids.map((id) => files.delete(id)));
  }

  async remove(ids) {
    await this.#run("readwrite", [PHOTOS, FILES], (...stores) => {
      for (const store of stores) for (const id of ids) store.delete(id);
    });
  }

  // The token of the link that photos were chosen for last; undefined without one.
  async latestLink() {
    return (await this.#all(LINKS)).sort((a, b) => b.at - a.at)[0]?.token;
  }

  async keepLink(owner, token) {
    await this.#run("readwrite", [LINKS], (links) => links.put({ owner, token, at: Date.now() }));
  }

  async forgetLink(owner) {
    await this.#run("readwrite", [LINKS], (links) => links.delete(owner));
  }

  // Removes what nobody came back for.
  async clean() {
    const oldest = Date.now() - KEPT_MS;
    const isOld = ({ at }) => at < oldest;
    await this.remove((await this.#all(PHOTOS)).filter(isOld).map(({ id }) => id));
    for (const { owner } of (await this.#all(LINKS)).filter(isOld)) await this.forgetLink(owner);
  }

  async #all(name) {
    return (await this.#run("readonly", [name], (store) => store.getAll())) ?? [];
  }

  // Runs requests in a transaction. Returns the result of the last one; null if it failed, since a
  // browser that keeps nothing still uploads.
  async #run(mode, names, work) {
    const database = await this.#opening;
    if (!database) return null;
    try {
      const transaction = database.transaction(names, mode);
      const asked = work(...names.map((name) => transaction.objectStore(name)));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
      return asked instanceof IDBRequest ? asked.result : undefined;
    } catch {
      return null;
    }
  }
}

function open() {
  return new Promise((resolve) => {
    let asked;
    try {
      asked = indexedDB.open(NAME, VERSION);
    } catch {
      resolve(null);
      return;
    }
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(PHOTOS, { keyPath: "id" });
      asked.result.createObjectStore(FILES);
      asked.result.createObjectStore(LINKS, { keyPath: "owner" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => resolve(null);
  });
}
