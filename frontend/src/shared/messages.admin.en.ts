// The words of administration in English; messages.admin.de.ts says the same in German.

import type { AuditEvent } from "@broker/client";
import { counter } from "./counter.ts";
import { LOCALE } from "./language.ts";

const count = counter("en");
const number = new Intl.NumberFormat(LOCALE);

export type AdminMessages = typeof adminEnglish;

export const adminEnglish = {
  heading: "Administration",
  tenant: (name: string) => `of the tenant ${name}`,
  back: "Back to the files",
  tabs: { users: "Users", usage: "Usage", uploads: "Uploads", audit: "Audit", store: "Store" },

  scopes: {
    "files:read": "See files",
    "files:write": "Change files",
    "files:delete": "Delete files",
    "uploads:write": "Upload",
    "shares:write": "Share",
    admin: "Administer",
  },

  users: {
    heading: "Users",
    emptyHeading: "No users yet",
    emptyText:
      "Whoever signs in with a password of this service stands here; who comes by single sign-on does not.",
    search: "Search users",
    foundNothingText: "No user has this in the name.",
    add: "Add user",
    confirmAdd: "Add",
    added: (name: string) => `${name} is added.`,
    scopes: "May",
    noScopes: "may nothing",
    since: (when: string) => `since ${when}`,
    you: "You",
    isDisabled: "Disabled",
    disable: "Disable",
    disabled: (name: string) => `${name} is shut out and signed out everywhere.`,
    enable: "Enable",
    enabled: (name: string) => `${name} may sign in again.`,
    setPassword: "Set password",
    passwordOf: (name: string) => `New password for ${name}`,
    passwordText: "It ends every session that was opened with the old one.",
    passwordSet: (name: string) => `${name} has a new password.`,
    passwordHint: "At least 8 characters.",
    generate: "Generate",
    generatedHint: "Copy it now: it is shown this once.",
  },

  usage: {
    heading: "Usage",
    emptyHeading: "Nothing is stored yet",
    emptyText: "Once somebody has uploaded a file, it is counted here.",
    orders: {
      "-bytes": "Most bytes first",
      bytes: "Fewest bytes first",
      "-files": "Most files first",
      files: "Fewest files first",
      "-pending": "Most unfinished first",
      pending: "Fewest unfinished first",
      subject: "Name, A to Z",
      "-subject": "Name, Z to A",
    },
    under: (subject: string, policy: string) => `${subject} · ${policy}`,
    of: (size: string, quota: string) => `${size} of ${quota}`,
    files: (n: number) => count(n, "file", "files"),
    filesOf: (n: number, quota: number) => `${number.format(n)} of ${number.format(quota)} files`,
    pending: (n: number, size: string) => `${number.format(n)} unfinished (${size})`,
    share: (subject: string) => `Share of the quota that ${subject} uses`,
  },

  uploads: {
    emptyHeading: "Nothing is unfinished",
    emptyText: "What somebody begins to upload stands here until it is a file.",
    begun: (when: string) => `begun ${when}`,
    until: (when: string) => `kept until ${when}`,
    policy: (name: string) => `policy ${name}`,
    abort: (name: string, subject: string) => `Abort ${name} of ${subject}`,
    abortHeading: "Abort this upload?",
    abortText: (name: string, subject: string) =>
      `What ${subject} has sent of ${name} is removed, and has to be sent again.`,
    confirmAbort: "Abort upload",
  },

  audit: {
    heading: "Audit trail",
    emptyHeading: "Nothing of the kind was done",
    emptyText: "Try fewer conditions, or a longer time.",
    subject: "Who",
    event: "What",
    anyEvent: "Anything",
    target: "To what (id or name)",
    since: "From",
    until: "Until",
    search: "Search",
    by: (subject: string) => `by ${subject}`,
    to: (target: string) => `to ${target}`,
    from: (address: string) => `from ${address}`,
    events: {
      "session.begun": "Signed in",
      "session.refused": "Sign-in refused",
      "session.ended": "Signed out",
      "session.all-ended": "Signed out everywhere",
      "upload.created": "Upload begun",
      "upload.completed": "Upload completed",
      "upload.rejected": "Upload rejected",
      "upload.aborted": "Upload aborted",
      "file.handed-out": "File handed out",
      "file.changed": "File changed",
      "file.deleted": "File deleted",
      "file.infected": "Malware found",
      "folder.moved": "Folder moved",
      "folder.trashed": "Folder moved to trash",
      "folder.restored": "Folder restored",
      "share.created": "Link made",
      "share.revoked": "Link taken back",
      "share.used": "Link used",
      "access.denied": "Access denied",
      "limit.exceeded": "Limit exceeded",
      "user.added": "User added",
      "user.password-changed": "Password set",
      "user.disabled": "User disabled",
      "user.enabled": "User enabled",
      "token.issued": "Token issued",
      "token.revoked": "Token revoked",
    } satisfies Record<AuditEvent, string>,
  },

  store: {
    heading: "Store",
    emptyHeading: "The store was not examined yet",
    emptyText:
      "Run the examination: it sends requests as clients do, good ones and forged ones, and removes what it stored.",
    runAgain: "Run again",
    running: "The store is being examined…",
    isGood: "Nothing keeps it from use",
    isBad: "It is not ready for use",
    fix: "What to do:",
    /** What must hold, by the name of a finding; what was found instead is told by the broker, in English. */
    probes: new Map<string, string>(),
    outcomes: { ok: "ok", warning: "warning", failed: "failed", skipped: "skipped" },
  },
};
