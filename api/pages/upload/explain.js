// Says what a refusal means and what can be done, and what is left of a link.

import { bytesInWords, plural, problemInWords } from "./words.js";

export const LINK_ENDED = {
  used_up: "This link is used up: it takes no more photos. Ask its sender for a new one.",
  expired: "This link has expired. Ask its sender for a new one.",
  revoked: "This link was withdrawn. Ask its sender for a new one.",
};

// What remains of the limits of a link, or why it takes no photos.
export function linkInWords({ status, left_files: files, left_bytes: bytes, expires_at: expiresAt }) {
  if (status !== "open") return LINK_ENDED[status];
  const parts = [];
  if (files !== null) parts.push(`${plural(files, "photo")} left`);
  if (bytes !== null) parts.push(`${bytesInWords(bytes)} left`);
  const until = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  parts.push(`${parts.length ? "open" : "Open"} until ${until.format(new Date(expiresAt))}`);
  return parts.join(" · ");
}

const REFUSALS = {
  link_used_up: LINK_ENDED.used_up,
  link_revoked: LINK_ENDED.revoked,
  link_expired: LINK_ENDED.expired,
  user_required: "This key acts for several users, and this page cannot choose one. Use a client key or a link.",
  forbidden: "This key may only read. Use another key or a link.",
  quota_exceeded: "There is no room left: the storage of this account is full. Ask its owner, then try again.",
  upload_used: "This photo was sent before.",
};

// Explains a failed request, and what the user can do.
export function explain(error) {
  if (REFUSALS[error.code]) return REFUSALS[error.code];
  if (error.isOfConnection) return "The service cannot be reached. Check your connection, then try again.";
  if (error.isOfKey) return "The key is not accepted. It may be mistyped or revoked: enter another one.";
  if (error.status === 408) return "The upload took too long. Try again with a better connection or fewer photos.";
  if (error.status === 413) return "Too large for this service. Make the file smaller and try again.";
  if (error.isBusy) return "The service is busy. Wait a moment, then try again.";
  return problemInWords(error);
}
