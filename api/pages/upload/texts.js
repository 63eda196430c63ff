// The sentences of the scripts. Those of the page itself are in texts/en/upload.toml.

import { bytesInWords, plural } from "./words.js";

export const STATES = {
  waiting: "Waiting to be sent",
  sent: "Sent",
  unsent: "Not sent",
  lost: "Not sent",
  refused: "Not sent",
  queued: "In the queue",
  processing: "Being processed",
  succeeded: "Done",
  partial: "Partly done",
  failed: "Failed",
  canceled: "Canceled",
};

// What the button of a photo does, by state.
export const ACTIONS = { waiting: "Cancel", sending: "Cancel", unsent: "Try again", lost: "Choose again" };

export const TEXTS = {
  actionOf: (action, name) => `${action}: ${name}`,
  camera: "Camera",
  chooseAgain: "This browser no longer has the file. Choose it again: the upload goes on where it stopped.",
  duplicate: "A duplicate of an earlier upload: stored once.",
  format: "Format",
  goOn: "Go on",
  histogram: (mean) => `Brightness histogram, mean ${mean} of 255`,
  inBoxes: (title) => `${title}, each in a box`,
  kept: "You can close this page: it goes on when you open it again.",
  keptForKey: "You can close this page: it goes on when you open it again and enter your key.",
  linkEnded: "This link takes no photos",
  loadingPicture: "Loading the picture…",
  lost: "The connection is lost. The upload goes on by itself when it is back.",
  lostResults: "The connection is lost. Your photos are safe; their results appear when it returns.",
  noFaces: "No faces",
  noVideo: "This is no photo: the service takes photos only.",
  noRoom: "This link has no room for it now. It is sent by itself if a place comes free.",
  notKept: (count) => `Leave this page open: the browser has no room to keep ${plural(count, "photo")}.`,
  offline: "You are offline. The upload goes on by itself when you are online again.",
  pause: "Pause",
  paused: "Paused",
  sendAgain: (count) => `Send ${plural(count, "photo")} again`,
  sending: (share) => `Sending, ${Math.floor(share * 100)} %`,
  sent: "Sent",
  show: (what) => `Show ${what}`,
  taken: "Taken",
  tooLarge: (limit) => `The file is too large: this service takes ${bytesInWords(limit)} at most.`,
  tryNow: "Try now",
  unfinished: (count) => `${plural(count, "photo")} of an earlier visit ${count === 1 ? "is" : "are"} not sent yet. Enter your key to go on.`,
  unknown: "Unknown",
  uploadOf: (name) => `Upload of ${name}`,
  widthAndHeight: "Width and height",
};
