// Files from wherever people have them: a drop of files and folders, a choice, the clipboard.

// Folders bring these along; nobody means to send them.
const isMeant = (file) => !file.name.startsWith(".") && file.name !== "Thumbs.db" && file.name !== "desktop.ini";

export function listenForFiles({ zone, filesInput, folderInput, isOpen, onFiles }) {
  filesInput.addEventListener("change", () => {
    onFiles([...filesInput.files]);
    filesInput.value = "";
  });
  folderInput.addEventListener("change", () => {
    onFiles([...folderInput.files].filter(isMeant));
    folderInput.value = "";
  });
  document.addEventListener("paste", ({ clipboardData }) => {
    if (isOpen() && clipboardData?.files.length) onFiles([...clipboardData.files]);
  });
  listenForDrops(zone, isOpen, onFiles);
}

function listenForDrops(zone, isOpen, onFiles) {
  const hold = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault(); // Else the browser would leave this page for the file.
    event.dataTransfer.dropEffect = isOpen() ? "copy" : "none";
    zone.classList.toggle("over", isOpen());
  };
  document.addEventListener("dragenter", hold);
  document.addEventListener("dragover", hold);
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (isOpen()) onFiles(await droppedFiles(event.dataTransfer));
  });
}

async function droppedFiles(transfer) {
  // Entries are gone once the event is over: take them all before the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  for (const entry of entries) await collect(entry, found, !entry.isDirectory);
  return found;
}

async function collect(entry, found, isChosen) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file && (isChosen || isMeant(file))) found.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a part of the folder at a time, and an empty part at its end.
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!part.length) return;
    for (const child of part) await collect(child, found, false);
  }
}
