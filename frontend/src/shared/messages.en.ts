// Every word a person sees or hears, in English; messages.de.ts says the same in German. Numbers, sizes and dates come
// in ready-made from format.ts.

import type { Diagnosis } from "@broker/client";
import { counter } from "./counter.ts";
import { LOCALE } from "./language.ts";

const number = new Intl.NumberFormat(LOCALE);
const list = new Intl.ListFormat(LOCALE, { type: "disjunction" });

const count = counter("en");

export type Messages = typeof english;

export const english = {
  product: "Files",
  titleWhileSending: (percent: string) => `${percent} · Files`,

  theme: {
    label: "Theme",
    system: "Match the system",
    light: "Light",
    dark: "Dark",
  },

  session: {
    heading: "Sign in",
    lead: "Send files straight to your own storage.",
    username: "User name",
    password: "Password",
    submit: "Sign in",
    submitting: "Signing in…",
    loading: "Loading…",
    restoring: "Signing in…",
    or: "or",
    oidc: "Sign in with single sign-on",
    oidcAt: (host: string) => `You sign in at ${host}.`,
    oidcNeedsHttps: "Single sign-on needs a page that was opened by https:// or on this machine.",
    noWay: "There is no way to sign in: neither users nor single sign-on are set up.",
    account: (name: string) => `Account of ${name}`,
    administration: "Administration",
    signOut: "Sign out",
    signOutEverywhere: "Sign out everywhere",
    signOutEverywhereHint: "On every device, at once",
    signOutFailed: (reason: string) => `You are still signed in. ${reason}`,
    signedInAs: "Signed in as",
    notRestored: "Whether you are signed in could not be found out.",
    ended: "Your session has ended, sign in again.",
    endedWithUploads: (n: number) =>
      `Your session has ended, sign in again. ${count(n, "upload goes", "uploads go")} on afterwards.`,
  },

  picker: {
    heading: "Drop files anywhere",
    headingOnPhone: "Upload files",
    lead: "Sent straight to storage.",
    limit: (size: string) => `Up to ${size} each.`,
    only: (kinds: readonly string[]) => `Only ${list.format(kinds)}.`,
    camera: "Take a photo",
    into: (folder: string) => `Sent straight to storage, into ${folder}.`,
    choose: "Choose files",
    chooseFolder: "Choose folder",
    dropNow: "Drop to upload",
    dropInto: (folder: string) => `Drop to upload into ${folder}`,
    notHere: "Files cannot be added here.",
    noPolicy: (policy: string) => `Your account may not store files under the policy “${policy}”.`,
  },

  uploads: {
    heading: "Uploads",
    summary: {
      sending: (done: number, total: number) => `${number.format(done)} of ${number.format(total)} done`,
      done: (n: number) => `${number.format(n)} uploaded`,
      failed: (n: number) => `${number.format(n)} failed`,
    },
    total: "Progress of all uploads",
    progressOf: (name: string) => `Progress of ${name}`,
    bytes: (sent: string, size: string) => `${sent} of ${size}`,
    queued: "Queued",
    checking: "Checking…",
    starting: "Starting…",
    waiting: "Connection trouble, trying again…",
    confirming: "Confirming…",
    completed: "Uploaded",
    cancelled: "Cancelled",
    paused: "Paused",
    pause: (name: string) => `Pause ${name}`,
    resume: (name: string) => `Resume ${name}`,
    pauseAll: "Pause all",
    resumeAll: "Resume all",
    cancelAll: "Cancel all",
    retryAll: "Retry all",
    speed: (perSecond: string, left: string) => `${perSecond}/s · ${left}`,
    timeLeft: (seconds: number) =>
      seconds < 10
        ? "a few seconds left"
        : seconds < 90
          ? `${Math.ceil(seconds / 10) * 10} seconds left`
          : seconds < 5400
            ? `${Math.round(seconds / 60)} minutes left`
            : `${Math.round(seconds / 3600)} hours left`,
    cancel: (name: string) => `Cancel ${name}`,
    retry: "Retry",
    retryOf: (name: string) => `Retry ${name}`,
    remove: (name: string) => `Remove ${name} from the list`,
    clear: "Clear",
    clearFinished: "Clear finished",
    announceCompleted: (name: string) => `${name} uploaded.`,
    announceFailed: (name: string, reason: string) => `${name} failed: ${reason}`,
    announceManyCompleted: (n: number) => `${number.format(n)} files uploaded.`,
    announceManyFailed: (n: number) => `${number.format(n)} uploads failed.`,
    unreadable: (path: string, n: number) =>
      n === 1
        ? `${path} could not be read and was left out.`
        : `${path} and ${number.format(n - 1)} more could not be read and were left out.`,
  },

  collisions: {
    question: (name: string, n: number) =>
      n === 1
        ? `There is a file called ${name} already. What is to become of the two?`
        : `${number.format(n)} files have names that are taken already. What is to become of them?`,
    keepBoth: "Keep both",
    replace: "Replace",
    skip: (n: number): string => (n === 1 ? "Skip" : "Skip all"),
  },

  files: {
    heading: "All files",
    loading: "Loading files…",
    usage: (n: number, size: string) => `${count(n, "file", "files")}, ${size}`,
    quota: (used: string, quota: string) => `${used} of ${quota} used`,
    emptyHeading: "No files yet",
    emptyText: "What you upload shows up here, newest first.",
    download: (name: string) => `Download ${name}`,
    choose: (name: string) => `Choose ${name}`,
    more: (name: string) => `More about ${name}`,
    folder: "Folder",
    path: "Path",
    name: "Name",
    newFolder: "New folder",
    create: "Create",
    selection: "What is chosen",
    chosen: (n: number) => `${number.format(n)} chosen`,
    chooseNone: "Choose none",
    items: (n: number) => count(n, "item", "items"),
    found: (q: string) => `Results for “${q}”`,
    foundNothing: "Nothing found",
    foundNothingText: "No file has this in its name.",
    emptyFolder: "This folder is empty",
    emptyFolderText: "Drop files here, or choose some.",
    moved: (n: number, to: string) => `${count(n, "item", "items")} moved to ${to}.`,
    trashed: (what: string) => `${what} moved to the trash.`,
    restored: (what: string) => `${what} restored.`,
    deleted: (what: string) => `${what} deleted for good.`,
    zipping: (size: string) => `Packing a ZIP: ${size} so far.`,
    saved: (name: string) => `${name} is saved.`,
    saving: (name: string, fetched: string, size: string) => `Saving ${name}: ${fetched} of ${size}.`,
    menu: {
      preview: "Open",
      download: "Download",
      saveVerified: "Save and verify…",
      zip: "Download as ZIP",
      share: "Share",
      rename: "Rename",
      move: "Move",
      details: "Details",
      restore: "Restore",
      trash: "Move to trash",
      deleteForGood: "Delete for good",
    },
    loadMore: "Load more",
    failedHeading: "The files could not be loaded.",
    stale: "The list could not be refreshed.",
    downloadFailed: (name: string, reason: string) => `${name} could not be downloaded. ${reason}`,
    announceDownload: (name: string) => `Download of ${name} started.`,
  },

  deletion: {
    heading: (n: number) =>
      n === 1 ? "Delete this file for good?" : `Delete ${number.format(n)} files for good?`,
    text: "What is deleted is removed from storage and cannot be brought back.",
    confirm: "Delete for good",
  },

  moving: {
    heading: (n: number) => `Move ${count(n, "item", "items")}`,
    folders: "Folders here",
    none: "No folders here.",
    confirm: "Move here",
  },

  details: {
    heading: "Details",
    size: "Size",
    bytes: (size: string, bytes: number) => `${size} (${number.format(bytes)} bytes)`,
    type: "Type",
    folder: "Folder",
    created: "Uploaded",
    sender: "Sent by",
    byLink: "Somebody with a link",
    modified: "Changed",
    trashed: "In the trash since",
    checksum: "Checksum",
    id: "Id",
    history: "History",
    events: new Map([
      ["upload.created", "Upload begun"],
      ["upload.completed", "Uploaded and verified"],
      ["file.handed-out", "Download link made"],
      ["file.changed", "Renamed, moved, trashed or restored"],
      ["file.deleted", "Deleted"],
      ["file.infected", "Found infected"],
      ["share.created", "Link made"],
      ["share.used", "Fetched by a link"],
    ]),
    receipt: "Receipt",
    receiptText:
      "Signed by this service: whoever has it can check what was stored, and when, without asking.",
  },

  preview: {
    of: (name: string) => `Preview of ${name}`,
    previous: "Previous file",
    next: "Next file",
    none: "There is no preview of this kind of file.",
    failed: "This could not be shown here. Download it to look at it.",
    cut: (size: string) => `Only the first ${size} are shown.`,
  },

  trash: {
    heading: "Trash",
    empty: "Empty the trash",
    emptyHeading: "The trash is empty",
    emptyText: "What you delete waits here, to be restored or deleted for good.",
    emptied: (days: number) => `What has been here for ${count(days, "day", "days")} is deleted for good.`,
  },

  nav: {
    label: "Pages",
    files: "Files",
    links: "Links",
    trash: "Trash",
    search: "Search all files",
    order: "Sort by",
    orders: {
      "-created": "Newest first",
      created: "Oldest first",
      name: "Name, A to Z",
      "-name": "Name, Z to A",
      "-size": "Largest first",
      size: "Smallest first",
    },
    view: "Show as",
    views: { list: "List", grid: "Grid" },
  },

  sharing: {
    heading: "Share",
    expires: "Good for",
    days: (n: number) => (n === 365 ? "A year" : count(n, "day", "days")),
    limit: "Downloads",
    noLimit: "No limit",
    password: "Password",
    noPassword: "None",
    confirm: "Make a link",
    link: "Link",
    qr: "The link as a QR code",
    ways: "What the link is for",
    download: "Let others download",
    receive: "Let others upload here",
    downloadHint: "Whoever has the link sees all that is in the folder, whenever they look.",
    receiveHint: "Whoever has the link sends files into the folder, and sees nothing of what is in it.",
    title: "Title",
    titleHint: "Your photos of the party",
    message: "Message",
    maxFiles: "Files",
    maxSize: "Gigabytes in all",
  },

  links: {
    heading: "Links",
    emptyHeading: "No links yet",
    emptyText: "Share a file or a folder, and its link stands here: to copy it again, or to take it back.",
    copy: (name: string) => `Copy the link to ${name}`,
    revoke: (name: string) => `Take back the link to ${name}`,
    revoked: (name: string) => `The link to ${name} is taken back.`,
    until: (when: string) => `Until ${when}`,
    expired: "Expired",
    used: (n: number, limit: number | null) =>
      limit === null
        ? count(n, "download", "downloads")
        : `${number.format(n)} of ${count(limit, "download", "downloads")}`,
    received: (n: number, limit: number | null) =>
      limit === null
        ? `${count(n, "file", "files")} received`
        : `${number.format(n)} of ${count(limit, "file", "files")} received`,
    hasPassword: "Password",
    kinds: {
      file: "File",
      folder: "Folder to download from",
      receive: "Folder to upload into",
    },
  },

  shared: {
    failedHeading: "This link leads nowhere",
    until: (when: string) => `until ${when}`,
    left: (n: number) => count(n, "download left", "downloads left"),
    download: "Download",
    preview: "Preview",
    started: "The download has started.",
    locked: "This link asks for a password",
    wrongPassword: "The password is wrong.",
    unlock: "Open",
    emptyHeading: "Nothing here yet",
    emptyText: "What is put into this folder shows up here.",
  },

  receiving: {
    heading: "Send files",
    filesLeft: (n: number) => (n === 0 ? "no more files" : count(n, "more file", "more files")),
    bytesLeft: (size: string) => `${size} left`,
    full: "This link takes no more files.",
    takes: (kinds: string) => `Takes ${kinds}.`,
    arrived: (n: number) => `${count(n, "file has", "files have")} arrived. You can close this page.`,
  },

  unfinished: {
    heading: "Unfinished uploads",
    lead: "Choose the file again, and only what is missing is sent.",
    until: (size: string, when: string) => `${size} · kept until ${when}`,
    resume: "Resume",
    resumeOf: (name: string) => `Resume ${name}`,
    chooseAgain: (name: string) => `Choose ${name} again`,
    another: (name: string, size: string) => `That is another file: choose ${name} of ${size}.`,
    discard: (name: string) => `Discard ${name}`,
    discarded: (name: string) => `The upload of ${name} is given up.`,
  },

  shortcuts: {
    heading: "Keyboard",
    keys: [
      ["/", "Search"],
      ["↑ ↓ ← →", "Go from file to file"],
      ["Enter", "Open"],
      ["x", "Choose a row"],
      ["Ctrl A", "Choose all"],
      ["F2", "Rename"],
      ["Delete", "Move to trash"],
      ["← →", "Previous and next, in a preview"],
      ["Esc", "Close, or choose none"],
      ["?", "Show this"],
    ] as [string, string][],
  },

  offline: "There is no network. Uploads wait, and go on by themselves.",

  kinds: {
    image: "Image",
    video: "Video",
    audio: "Audio",
    pdf: "PDF",
    text: "Text",
    sheet: "Spreadsheet",
    slides: "Presentation",
    archive: "Archive",
    code: "Code",
    other: "File",
  },

  when: {
    today: (time: string) => `Today, ${time}`,
    yesterday: (time: string) => `Yesterday, ${time}`,
  },

  /** Behind “since” and “until”. */
  until: {
    today: (time: string) => `${time} today`,
    yesterday: (time: string) => `${time} yesterday`,
  },

  actions: {
    tryAgain: "Try again",
    dismiss: "Dismiss",
    cancel: "Cancel",
    close: "Close",
    done: "Done",
    undo: "Undo",
    copy: "Copy",
    copied: "Copied",
  },

  errors: {
    brokerUnreachable: "The service does not answer. Check your connection and try again.",
    storeUnreachable: "The storage does not answer. Check your connection and try again.",
    storeRefused: (status: number) => `The storage refused the file (${status}).`,
    damaged: "What arrived is not what was stored; nothing was saved. Try again.",
    sourceRefused: {
      types: (limit: string) => `Files of this type are not taken here, only ${limit}.`,
      extensions: (limit: string) => `Only files whose names end in ${limit} are taken here.`,
      min_size: (limit: string) => `Files have to be at least ${limit}.`,
    },
    sourceUnreadable: "The file can no longer be read: it was moved, changed or locked. Choose it again.",
    sourceTooLarge: (limit: string) => `The file is larger than ${limit}, the most that is allowed.`,
    uploadClosed: "The upload was ended elsewhere. Try again.",
    unexpected: "Something went wrong. Try again.",
    oidcFailed: "Single sign-on did not work. Try again.",
    /** By the cause of a Diagnosis. */
    causes: {
      completed: "The file is there already.",
      aborted: "The upload was ended elsewhere. Try again.",
      expired: "The upload took too long and has expired. Try again.",
      rejected: "What arrived is not what the file was said to be, so it was thrown away. Try again.",
      "store-unavailable": "The storage does not answer right now. Try again in a moment.",
      "already-stored": "The file has arrived, only the answer was lost. Try again: nothing is sent twice.",
      "parts-lost": "The storage has given up what it held of the file. Try again.",
      "clock-skew": "The clocks of the service and the storage differ too much. Tell your administrator.",
      "bytes-changed":
        "What arrived is not what was sent: the file has changed, or was damaged on the way. Try again.",
      "request-changed":
        "Something on the way changed what was sent, a proxy perhaps. Tell your administrator.",
      "store-full": "The storage is full. Tell your administrator; the upload can go on afterwards.",
      "url-expired": "The permission to send has expired. Try again.",
      "origin-refused": "The storage does not let this page send files (CORS). Tell your administrator.",
      network: "The file was lost on its way to the storage. Check your connection and try again.",
    } satisfies Record<Diagnosis["cause"], string>,
    /** By the rule that decided, where that says more than the problem's slug. */
    rules: new Map<unknown, string>([
      ["link.max_files", "This link takes no more files."],
      ["link.max_bytes", "This link does not take that much any more."],
      ["link.owner", "The owner of this link has no room left."],
    ]),
    /** By the reason of an OidcFailure. */
    oidc: new Map([
      ["access_denied", "Signing in was refused or cancelled at the sign-in service."],
      ["login_required", "You are not signed in at the sign-in service any more."],
      ["temporarily_unavailable", "The sign-in service has trouble right now. Try again in a moment."],
      ["server_error", "The sign-in service has trouble right now. Try again in a moment."],
      ["refused", "The sign-in service took back its answer. Try again."],
      ["mismatch", "The answer does not belong to a sign-in that was begun here. Try again."],
      ["unreachable", "The sign-in service does not answer. Check your connection and try again."],
    ]),
    /** By problem slug; a slug without a sentence here shows the broker's own. */
    problems: new Map([
      [
        "invalid-name",
        "This name cannot be used: it may not be empty or too long, nor hold / or \\ or control characters.",
      ],
      ["too-many-requests", "Those were too many requests. Try again in a moment."],
      ["name-taken", "There is a file of this name already."],
      ["wrong-credentials", "The user name or the password is wrong."],
      ["authentication-required", "Your session has ended."],
      ["invalid-token", "Your session has ended."],
      ["expired-token", "Your session has ended."],
      ["session-ended", "Your session has ended."],
      ["too-many-sign-ins", "Too many wrong passwords were tried. Wait a little, then try again."],
      ["insufficient-scope", "Your account may not do this."],
      ["not-found", "It does not exist any more."],
      ["share-expired", "The link has expired."],
      ["share-used-up", "The link has been used as often as it may be."],
      ["folder-exists", "There is a folder of this name already."],
      ["user-exists", "There is a user of this name already."],
      ["own-account", "You cannot disable yourself: ask another administrator."],
      ["revision-mismatch", "The file was changed elsewhere meanwhile. Try again."],
      ["file-quarantined", "The file is still being checked for malware. Try again in a moment."],
      ["upload-incomplete", "The file did not arrive in full. Try again."],
      ["parts-mismatch", "Some of the file did not arrive as it was sent. Try again."],
      ["upload-aborted", "The upload was ended elsewhere. Try again."],
      ["upload-expired", "The upload took too long and has expired. Try again."],
      ["upload-rejected", "What arrived is not what the file was said to be, so it was thrown away."],
      ["quota-exceeded", "There is no room left for this file. Delete some files, then try again."],
      ["too-many-uploads", "Too many uploads are unfinished. Try again in a moment."],
      ["sign-in-busy", "Too many people sign in at once. Try again in a moment."],
      ["issuer-unavailable", "The sign-in service does not answer right now. Try again in a moment."],
      ["store-unavailable", "The storage does not answer right now. Try again in a moment."],
      ["registry-unavailable", "The service is not ready right now. Try again in a moment."],
      ["shutting-down", "The service is restarting. Try again in a moment."],
      ["internal-error", "Something went wrong in the service. Try again."],
    ]),
  },
};
