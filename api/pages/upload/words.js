// Formats numbers, times and errors for display.

const number = new Intl.NumberFormat();
const FAMILIAR = { jpeg: "JPEG", png: "PNG", webp: "WebP", gif: "GIF", tiff: "TIFF", bmp: "BMP", heic: "HEIC", avif: "AVIF" };

export const formatName = (format) => FAMILIAR[format] ?? format.toUpperCase();

export const plural = (count, one, many = `${one}s`) => `${number.format(count)} ${count === 1 ? one : many}`;

export function bytesInWords(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let power = 0;
  let value = bytes;
  for (; value >= 1000 && power < units.length - 1; power += 1) value /= 1024;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${units[power]}`;
}

export function secondsInWords(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  return `${Math.ceil(seconds / 60)} min`;
}

// Shows the time of the camera's clock, independent of the time zone of the browser.
export function takenInWords(takenAt) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(takenAt ?? "");
  if (!parts) return takenAt;
  const [, year, month, day, hour, minute] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(date);
}

export function cameraInWords({ camera_make: make, camera_model: model }) {
  if (!make || !model) return model ?? make;
  const [brand] = make.split(" ");
  return model.toLowerCase().startsWith(brand.toLowerCase()) ? model : `${make} ${model}`;
}

const LINK_ENDED = {
  used_up: "This link is used up: it takes no more photos. Ask its sender for a new one.",
  expired: "This link has expired. Ask its sender for a new one.",
  revoked: "This link was withdrawn. Ask its sender for a new one.",
};

// What remains of the limits of a link, or why it takes no photos.
export function linkInWords({ status, left_files: files, left_bytes: bytes, expires_at: expiresAt }) {
  if (status !== "open") return LINK_ENDED[status];
  const left = [];
  if (files !== null) left.push(`${plural(files, "photo")} left`);
  if (bytes !== null) left.push(`${bytesInWords(bytes)} left`);
  const until = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  return [...left, `open until ${until.format(new Date(expiresAt))}`].join(" · ");
}

// Problems whose details add nothing to the title: the page lists the formats anyway.
const TITLE_IS_ENOUGH = new Set(["unsupported_format", "link_used_up"]);

export function problemInWords({ code, title, detail }) {
  if (TITLE_IS_ENOUGH.has(code)) return title;
  const same = !detail || detail.replace(/\.$/, "") === title.replace(/\.$/, "");
  return same ? title : `${title}: ${detail}`;
}

// Explains a failed request, and what the user can do.
/** Only what people can see in the picture. */
export function warningsInWords({ warnings = [] }) {
  return warnings.includes("truncated") ? ["The file is cut off: the missing part is gray."] : [];
}

export function explain(error) {
  if (error.status === 0) return "The service cannot be reached. Check your connection, then try again.";
  if (error.status === 401) return "The key is not accepted. It may be mistyped or revoked: enter another one.";
  if (error.code === "link_used_up") return LINK_ENDED.used_up;
  if (error.code === "link_revoked") return LINK_ENDED.revoked;
  if (error.code === "link_expired") return LINK_ENDED.expired;
  if (error.code === "user_required") return "This key acts for several users, and this page cannot choose one. Use a client key or a link.";
  if (error.status === 408) return "The upload took too long. Try again with a better connection or fewer photos.";
  if (error.status === 413) return "Too large for this service. Make the file smaller and try again.";
  if (error.isBusy) return "The service is busy. Wait a moment, then try again.";
  return problemInWords(error);
}
