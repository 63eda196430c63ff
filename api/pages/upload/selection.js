// Collects files from drag and drop, file and folder choosers, and the clipboard.

// Hidden and system files in folders are skipped.
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
    event.preventDefault(); // Otherwise the browser opens the file in place of this page.
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
  // Entries are only valid during the event: collect them before the first await.
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
    // A reader returns a part of the folder at a time, and an empty part at the end.
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!part.length) return;
    for (const child of part) await collect(child, found, false);
  }
}
