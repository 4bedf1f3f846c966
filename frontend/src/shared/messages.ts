// Every word a person sees or hears. Numbers, sizes and dates come in ready-made from format.ts.

/** The language of these messages; dates and numbers follow the reader's own kind of English. */
export const LOCALE =
  (globalThis.navigator?.languages ?? []).find((language) => /^en\b/i.test(language)) ?? "en";

const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat(LOCALE);

function count(n: number, one: string, many: string): string {
  return plural.select(n) === "one" ? `${n} ${one}` : `${number.format(n)} ${many}`;
}

export const messages = {
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
    lead: "Sent straight to storage.",
    limit: (size: string) => `Up to ${size} each.`,
    choose: "Choose files",
    dropNow: "Drop to upload",
    foldersLeftOut: (n: number) =>
      n === 1
        ? "A folder was left out. Choose the files inside it."
        : `${n} folders were left out. Choose the files inside them.`,
  },

  uploads: {
    heading: "Uploads",
    summary: {
      sending: (done: number, total: number) => `${done} of ${total} done`,
      done: (n: number) => `${n} uploaded`,
      failed: (n: number) => `${n} failed`,
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
    announceManyCompleted: (n: number) => `${n} files uploaded.`,
    announceManyFailed: (n: number) => `${n} uploads failed.`,
  },

  files: {
    heading: "All files",
    loading: "Loading files…",
    usage: (n: number, size: string) => `${count(n, "file", "files")}, ${size}`,
    emptyHeading: "No files yet",
    emptyText: "What you upload shows up here, newest first.",
    download: (name: string) => `Download ${name}`,
    remove: (name: string) => `Delete ${name}`,
    loadMore: "Load more",
    loadingMore: "Loading…",
    failedHeading: "The files could not be loaded.",
    stale: "The list could not be refreshed.",
    downloadFailed: (name: string, reason: string) => `${name} could not be downloaded. ${reason}`,
    announceDownload: (name: string) => `Download of ${name} started.`,
    announceDeleted: (name: string) => `${name} deleted.`,
  },

  deletion: {
    heading: "Delete this file?",
    text: "It is removed from storage for good. This cannot be undone.",
    confirm: "Delete",
    confirming: "Deleting…",
    cancel: "Cancel",
  },

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

  actions: {
    tryAgain: "Try again",
    dismiss: "Dismiss",
  },

  errors: {
    brokerUnreachable: "The service does not answer. Check your connection and try again.",
    storeUnreachable: "The storage does not answer. Check your connection and try again.",
    storeRefused: (status: number) => `The storage refused the file (${status}).`,
    sourceUnreadable: "The file can no longer be read: it was moved, changed or locked. Choose it again.",
    sourceTooLarge: (limit: string) => `The file is larger than ${limit}, the most that is allowed.`,
    uploadClosed: "The upload was ended elsewhere. Try again.",
    unexpected: "Something went wrong. Try again.",
    oidcFailed: "Single sign-on did not work. Try again.",
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
      ["wrong-credentials", "The user name or the password is wrong."],
      ["authentication-required", "Your session has ended."],
      ["invalid-token", "Your session has ended."],
      ["expired-token", "Your session has ended."],
      ["session-ended", "Your session has ended."],
      ["too-many-sign-ins", "Too many wrong passwords were tried. Wait a little, then try again."],
      ["insufficient-scope", "Your account may not do this."],
      ["not-found", "It does not exist any more."],
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
} as const;
