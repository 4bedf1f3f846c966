// The words of messages.en.ts in German.

import { counter } from "./counter.ts";
import { LOCALE } from "./language.ts";
import type { Messages } from "./messages.en.ts";

const number = new Intl.NumberFormat(LOCALE);
const list = new Intl.ListFormat(LOCALE, { type: "disjunction" });

const count = counter("de");

const files = (n: number) => count(n, "Datei", "Dateien");
const items = (n: number) => count(n, "Element", "Elemente");

export const german: Messages = {
  product: "Dateien",
  titleWhileSending: (percent) => `${percent} · Dateien`,

  theme: {
    label: "Farben",
    system: "Wie das System",
    light: "Hell",
    dark: "Dunkel",
  },

  session: {
    heading: "Anmelden",
    lead: "Dateien direkt in den eigenen Speicher legen.",
    username: "Benutzername",
    password: "Passwort",
    submit: "Anmelden",
    submitting: "Anmeldung läuft …",
    loading: "Wird geladen …",
    restoring: "Anmeldung läuft …",
    or: "oder",
    oidc: "Mit Single Sign-on anmelden",
    oidcAt: (host) => `Die Anmeldung erfolgt bei ${host}.`,
    oidcNeedsHttps:
      "Single Sign-on braucht eine Seite, die über https:// oder auf diesem Gerät geöffnet wurde.",
    noWay: "Eine Anmeldung ist nicht möglich: Weder Benutzer noch Single Sign-on sind eingerichtet.",
    account: (name) => `Konto von ${name}`,
    administration: "Verwaltung",
    signOut: "Abmelden",
    signOutEverywhere: "Überall abmelden",
    signOutEverywhereHint: "Auf allen Geräten, sofort",
    signOutFailed: (reason) => `Sie sind noch angemeldet. ${reason}`,
    signedInAs: "Angemeldet als",
    notRestored: "Ob Sie angemeldet sind, ließ sich nicht feststellen.",
    ended: "Ihre Sitzung ist zu Ende, melden Sie sich neu an.",
    endedWithUploads: (n) =>
      `Ihre Sitzung ist zu Ende, melden Sie sich neu an. ${count(n, "Upload geht", "Uploads gehen")} danach weiter.`,
  },

  picker: {
    heading: "Dateien irgendwo ablegen",
    headingOnPhone: "Dateien hochladen",
    lead: "Sie gehen direkt in den Speicher.",
    limit: (size) => `Jede bis ${size}.`,
    only: (kinds) => `Nur ${list.format(kinds)}.`,
    camera: "Foto aufnehmen",
    into: (folder) => `Sie gehen direkt in den Speicher, nach ${folder}.`,
    choose: "Dateien wählen",
    chooseFolder: "Ordner wählen",
    dropNow: "Loslassen zum Hochladen",
    dropInto: (folder) => `Loslassen zum Hochladen nach ${folder}`,
    notHere: "Hier lassen sich keine Dateien hinzufügen.",
    noPolicy: (policy) => `Ihr Konto darf unter dem Regelwerk „${policy}“ keine Dateien ablegen.`,
  },

  uploads: {
    heading: "Uploads",
    summary: {
      sending: (done, total) => `${number.format(done)} von ${number.format(total)} fertig`,
      done: (n) => `${number.format(n)} hochgeladen`,
      failed: (n) => `${number.format(n)} fehlgeschlagen`,
    },
    total: "Fortschritt aller Uploads",
    progressOf: (name) => `Fortschritt von ${name}`,
    bytes: (sent, size) => `${sent} von ${size}`,
    queued: "In der Warteschlange",
    checking: "Wird geprüft …",
    starting: "Beginnt …",
    waiting: "Verbindung gestört, neuer Versuch …",
    confirming: "Wird bestätigt …",
    completed: "Hochgeladen",
    cancelled: "Abgebrochen",
    paused: "Angehalten",
    pause: (name) => `${name} anhalten`,
    resume: (name) => `${name} fortsetzen`,
    pauseAll: "Alle anhalten",
    resumeAll: "Alle fortsetzen",
    cancelAll: "Alle abbrechen",
    retryAll: "Alle noch einmal versuchen",
    speed: (perSecond, left) => `${perSecond}/s · ${left}`,
    timeLeft: (seconds) =>
      seconds < 10
        ? "noch wenige Sekunden"
        : seconds < 90
          ? `noch ${Math.ceil(seconds / 10) * 10} Sekunden`
          : seconds < 5400
            ? `noch ${Math.round(seconds / 60)} Minuten`
            : `noch ${Math.round(seconds / 3600)} Stunden`,
    cancel: (name) => `${name} abbrechen`,
    retry: "Wiederholen",
    retryOf: (name) => `${name} wiederholen`,
    remove: (name) => `${name} aus der Liste nehmen`,
    clear: "Leeren",
    clearFinished: "Fertige aus der Liste nehmen",
    announceCompleted: (name) => `${name} hochgeladen.`,
    announceFailed: (name, reason) => `${name} ist fehlgeschlagen: ${reason}`,
    announceManyCompleted: (n) => `${number.format(n)} Dateien hochgeladen.`,
    unreadable: (path, n) =>
      n === 1
        ? `${path} ließ sich nicht lesen und fehlt.`
        : `${path} und ${number.format(n - 1)} weitere ließen sich nicht lesen und fehlen.`,
    announceManyFailed: (n) => `${number.format(n)} Uploads fehlgeschlagen.`,
  },

  collisions: {
    question: (name, n) =>
      n === 1
        ? `Es gibt schon eine Datei namens ${name}. Was soll aus den beiden werden?`
        : `${number.format(n)} Dateien haben Namen, die schon vergeben sind. Was soll aus ihnen werden?`,
    keepBoth: "Beide behalten",
    replace: "Ersetzen",
    skip: (n) => (n === 1 ? "Überspringen" : "Alle überspringen"),
  },

  files: {
    heading: "Alle Dateien",
    loading: "Dateien werden geladen …",
    usage: (n, size) => `${files(n)}, ${size}`,
    quota: (used, quota) => `${used} von ${quota} belegt`,
    emptyHeading: "Noch keine Dateien",
    emptyText: "Was Sie hochladen, steht hier, das Neueste zuerst.",
    download: (name) => `${name} herunterladen`,
    choose: (name) => `${name} auswählen`,
    more: (name) => `Mehr zu ${name}`,
    folder: "Ordner",
    path: "Pfad",
    name: "Name",
    newFolder: "Neuer Ordner",
    create: "Anlegen",
    selection: "Auswahl",
    chosen: (n) => `${number.format(n)} ausgewählt`,
    chooseNone: "Auswahl aufheben",
    items,
    found: (q) => `Ergebnisse für „${q}“`,
    foundNothing: "Nichts gefunden",
    foundNothingText: "Keine Datei hat das im Namen.",
    emptyFolder: "Dieser Ordner ist leer",
    emptyFolderText: "Legen Sie Dateien hier ab, oder wählen Sie welche.",
    moved: (n, to) => `${items(n)} nach ${to} verschoben.`,
    trashed: (what) => `${what} in den Papierkorb gelegt.`,
    restored: (what) => `${what} wiederhergestellt.`,
    deleted: (what) => `${what} endgültig gelöscht.`,
    zipping: (size) => `ZIP wird gepackt: ${size} bisher.`,
    saved: (name) => `${name} ist gespeichert.`,
    saving: (name, fetched, size) => `${name} wird gespeichert: ${fetched} von ${size}.`,
    menu: {
      preview: "Öffnen",
      download: "Herunterladen",
      saveVerified: "Speichern und prüfen…",
      zip: "Als ZIP herunterladen",
      share: "Teilen",
      rename: "Umbenennen",
      move: "Verschieben",
      details: "Details",
      restore: "Wiederherstellen",
      trash: "In den Papierkorb",
      deleteForGood: "Endgültig löschen",
    },
    loadMore: "Mehr laden",
    failedHeading: "Die Dateien konnten nicht geladen werden.",
    stale: "Die Liste konnte nicht aktualisiert werden.",
    downloadFailed: (name, reason) => `${name} konnte nicht heruntergeladen werden. ${reason}`,
    announceDownload: (name) => `Download von ${name} begonnen.`,
  },

  deletion: {
    heading: (n) => (n === 1 ? "Diese Datei endgültig löschen?" : `${files(n)} endgültig löschen?`),
    text: "Was gelöscht ist, ist aus dem Speicher entfernt und kommt nicht wieder.",
    confirm: "Endgültig löschen",
  },

  moving: {
    heading: (n) => `${items(n)} verschieben`,
    folders: "Ordner an dieser Stelle",
    none: "Hier sind keine Ordner.",
    confirm: "Hierher verschieben",
  },

  details: {
    heading: "Details",
    size: "Größe",
    bytes: (size, bytes) => `${size} (${number.format(bytes)} Bytes)`,
    type: "Art",
    folder: "Ordner",
    created: "Hochgeladen",
    sender: "Gesendet von",
    byLink: "Jemand mit einem Link",
    modified: "Geändert",
    trashed: "Im Papierkorb seit",
    checksum: "Prüfsumme",
    id: "Id",
    history: "Verlauf",
    events: new Map([
      ["upload.created", "Upload begonnen"],
      ["upload.completed", "Hochgeladen und geprüft"],
      ["file.handed-out", "Download-Adresse ausgestellt"],
      ["file.changed", "Umbenannt, verschoben, in den oder aus dem Papierkorb"],
      ["file.deleted", "Gelöscht"],
      ["file.infected", "Als Schadsoftware erkannt"],
      ["share.created", "Link erstellt"],
      ["share.used", "Über einen Link geholt"],
    ]),
    receipt: "Quittung",
    receiptText:
      "Von diesem Dienst unterschrieben: Wer sie hat, kann ohne zu fragen prüfen, was wann gespeichert wurde.",
  },

  preview: {
    of: (name) => `Vorschau von ${name}`,
    previous: "Vorige Datei",
    next: "Nächste Datei",
    none: "Von dieser Art Datei gibt es keine Vorschau.",
    failed: "Das ließ sich hier nicht zeigen. Laden Sie es herunter, um es anzusehen.",
    cut: (size) => `Nur die ersten ${size} werden gezeigt.`,
  },

  trash: {
    heading: "Papierkorb",
    empty: "Papierkorb leeren",
    emptyHeading: "Der Papierkorb ist leer",
    emptyText: "Was Sie wegwerfen, wartet hier darauf, wiederhergestellt oder endgültig gelöscht zu werden.",
    emptied: (days) => `Was ${count(days, "Tag", "Tage")} hier liegt, wird endgültig gelöscht.`,
  },

  nav: {
    label: "Seiten",
    files: "Dateien",
    links: "Links",
    trash: "Papierkorb",
    search: "Alle Dateien durchsuchen",
    order: "Sortieren",
    orders: {
      "-created": "Neueste zuerst",
      created: "Älteste zuerst",
      name: "Name, A bis Z",
      "-name": "Name, Z bis A",
      "-size": "Größte zuerst",
      size: "Kleinste zuerst",
    },
    view: "Ansicht",
    views: { list: "Liste", grid: "Kacheln" },
  },

  sharing: {
    heading: "Teilen",
    expires: "Gültig",
    days: (n) => (n === 365 ? "Ein Jahr" : count(n, "Tag", "Tage")),
    limit: "Downloads",
    noLimit: "Ohne Grenze",
    password: "Passwort",
    noPassword: "Keines",
    confirm: "Link erstellen",
    link: "Link",
    qr: "Der Link als QR-Code",
    ways: "Wozu der Link dient",
    download: "Andere laden herunter",
    receive: "Andere laden hier hoch",
    downloadHint: "Wer den Link hat, sieht alles, was im Ordner ist, wann immer er nachsieht.",
    receiveHint: "Wer den Link hat, sendet Dateien in den Ordner und sieht nichts von dem, was darin ist.",
    title: "Titel",
    titleHint: "Eure Fotos vom Fest",
    message: "Nachricht",
    maxFiles: "Dateien",
    maxSize: "Gigabyte insgesamt",
  },

  links: {
    heading: "Links",
    emptyHeading: "Noch keine Links",
    emptyText:
      "Teilen Sie eine Datei oder einen Ordner, dann steht der Link hier: zum Kopieren und zum Zurücknehmen.",
    copy: (name) => `Link zu ${name} kopieren`,
    revoke: (name) => `Link zu ${name} zurücknehmen`,
    revoked: (name) => `Der Link zu ${name} ist zurückgenommen.`,
    until: (when) => `Bis ${when}`,
    expired: "Abgelaufen",
    used: (n, limit) =>
      limit === null
        ? count(n, "Download", "Downloads")
        : `${number.format(n)} von ${count(limit, "Download", "Downloads")}`,
    received: (n, limit) =>
      limit === null
        ? `${count(n, "Datei", "Dateien")} erhalten`
        : `${number.format(n)} von ${count(limit, "Datei", "Dateien")} erhalten`,
    hasPassword: "Passwort",
    kinds: {
      file: "Datei",
      folder: "Ordner zum Herunterladen",
      receive: "Ordner zum Hochladen",
    },
  },

  shared: {
    failedHeading: "Dieser Link führt nirgendwohin",
    until: (when) => `bis ${when}`,
    left: (n) => `noch ${count(n, "Download", "Downloads")}`,
    download: "Herunterladen",
    preview: "Vorschau",
    started: "Der Download hat begonnen.",
    locked: "Dieser Link fragt nach einem Passwort",
    wrongPassword: "Das Passwort ist falsch.",
    unlock: "Öffnen",
    emptyHeading: "Noch nichts da",
    emptyText: "Was in diesen Ordner kommt, steht dann hier.",
  },

  receiving: {
    heading: "Dateien senden",
    filesLeft: (n) => (n === 0 ? "keine Dateien mehr" : `noch ${count(n, "Datei", "Dateien")}`),
    bytesLeft: (size) => `noch ${size}`,
    full: "Dieser Link nimmt keine Dateien mehr.",
    takes: (kinds) => `Nimmt ${kinds}.`,
    arrived: (n) => `${count(n, "Datei ist", "Dateien sind")} angekommen. Sie können diese Seite schließen.`,
  },

  unfinished: {
    heading: "Unfertige Uploads",
    lead: "Wählen Sie die Datei noch einmal: Nur was fehlt, wird gesendet.",
    until: (size, when) => `${size} · aufgehoben bis ${when}`,
    resume: "Fortsetzen",
    resumeOf: (name) => `${name} fortsetzen`,
    chooseAgain: (name) => `${name} noch einmal wählen`,
    another: (name, size) => `Das ist eine andere Datei: Wählen Sie ${name} mit ${size}.`,
    discard: (name) => `${name} verwerfen`,
    discarded: (name) => `Der Upload von ${name} ist aufgegeben.`,
  },

  shortcuts: {
    heading: "Tastatur",
    keys: [
      ["/", "Suchen"],
      ["↑ ↓ ← →", "Von Datei zu Datei"],
      ["Enter", "Öffnen"],
      ["x", "Zeile auswählen"],
      ["Strg A", "Alles auswählen"],
      ["F2", "Umbenennen"],
      ["Entf", "In den Papierkorb"],
      ["← →", "Vorige und nächste, in der Vorschau"],
      ["Esc", "Schließen, oder Auswahl aufheben"],
      ["?", "Dies zeigen"],
    ],
  },

  offline: "Es gibt keine Verbindung. Uploads warten und gehen von selbst weiter.",

  kinds: {
    image: "Bild",
    video: "Film",
    audio: "Ton",
    pdf: "PDF",
    text: "Text",
    sheet: "Tabelle",
    slides: "Präsentation",
    archive: "Archiv",
    code: "Code",
    other: "Datei",
  },

  when: {
    today: (time) => `Heute, ${time}`,
    yesterday: (time) => `Gestern, ${time}`,
  },

  until: {
    today: (time) => `heute, ${time}`,
    yesterday: (time) => `gestern, ${time}`,
  },

  actions: {
    tryAgain: "Noch einmal",
    dismiss: "Schließen",
    cancel: "Abbrechen",
    close: "Schließen",
    done: "Fertig",
    undo: "Rückgängig",
    copy: "Kopieren",
    copied: "Kopiert",
  },

  errors: {
    brokerUnreachable:
      "Der Dienst antwortet nicht. Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.",
    storeUnreachable:
      "Der Speicher antwortet nicht. Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.",
    storeRefused: (status) => `Der Speicher hat die Datei abgelehnt (${status}).`,
    damaged:
      "Was ankam, ist nicht, was gespeichert wurde; nichts wurde behalten. Versuchen Sie es noch einmal.",
    sourceRefused: {
      types: (limit) => `Dateien dieses Typs werden hier nicht angenommen, nur ${limit}.`,
      extensions: (limit) => `Nur Dateien, deren Namen auf ${limit} enden, werden hier angenommen.`,
      min_size: (limit) => `Dateien müssen mindestens ${limit} haben.`,
    },
    sourceUnreadable:
      "Die Datei ist nicht mehr lesbar: Sie wurde verschoben, geändert oder gesperrt. Wählen Sie sie noch einmal.",
    sourceTooLarge: (limit) => `Die Datei ist größer als ${limit}, mehr ist nicht erlaubt.`,
    uploadClosed: "Der Upload wurde anderswo beendet. Versuchen Sie es noch einmal.",
    unexpected: "Etwas ist schiefgegangen. Versuchen Sie es noch einmal.",
    oidcFailed: "Single Sign-on hat nicht funktioniert. Versuchen Sie es noch einmal.",
    causes: {
      completed: "Die Datei ist schon da.",
      aborted: "Der Upload wurde anderswo beendet. Versuchen Sie es noch einmal.",
      expired: "Der Upload hat zu lange gedauert und ist abgelaufen. Versuchen Sie es noch einmal.",
      rejected: "Was ankam, ist nicht das Angekündigte, und wurde verworfen. Versuchen Sie es noch einmal.",
      "store-unavailable": "Der Speicher antwortet gerade nicht. Versuchen Sie es gleich noch einmal.",
      "already-stored":
        "Die Datei ist angekommen, nur die Antwort ging verloren. Versuchen Sie es noch einmal: Nichts wird doppelt gesendet.",
      "parts-lost": "Der Speicher hat verworfen, was er von der Datei hatte. Versuchen Sie es noch einmal.",
      "clock-skew":
        "Die Uhren von Dienst und Speicher gehen zu weit auseinander. Sagen Sie es der Verwaltung.",
      "bytes-changed":
        "Was ankam, ist nicht das Gesendete: Die Datei hat sich geändert oder wurde unterwegs beschädigt. Versuchen Sie es noch einmal.",
      "request-changed":
        "Unterwegs wurde verändert, was gesendet wurde, vielleicht von einem Proxy. Sagen Sie es der Verwaltung.",
      "store-full": "Der Speicher ist voll. Sagen Sie es der Verwaltung; danach kann der Upload weitergehen.",
      "url-expired": "Die Erlaubnis zum Senden ist abgelaufen. Versuchen Sie es noch einmal.",
      "origin-refused":
        "Der Speicher lässt diese Seite keine Dateien senden (CORS). Sagen Sie es der Verwaltung.",
      network:
        "Die Datei ging auf dem Weg zum Speicher verloren. Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.",
    },
    rules: new Map<unknown, string>([
      ["link.max_files", "Dieser Link nimmt keine Dateien mehr."],
      ["link.max_bytes", "So viel nimmt dieser Link nicht mehr."],
      ["link.owner", "Wem der Link gehört, der hat keinen Platz mehr."],
    ]),
    oidc: new Map([
      ["access_denied", "Die Anmeldung wurde beim Anmeldedienst abgelehnt oder abgebrochen."],
      ["login_required", "Beim Anmeldedienst sind Sie nicht mehr angemeldet."],
      ["temporarily_unavailable", "Der Anmeldedienst ist gestört. Versuchen Sie es gleich noch einmal."],
      ["server_error", "Der Anmeldedienst ist gestört. Versuchen Sie es gleich noch einmal."],
      ["refused", "Der Anmeldedienst hat seine Antwort zurückgenommen. Versuchen Sie es noch einmal."],
      [
        "mismatch",
        "Die Antwort gehört zu keiner Anmeldung, die hier begonnen wurde. Versuchen Sie es noch einmal.",
      ],
      ["unreachable", "Der Anmeldedienst antwortet nicht. Prüfen Sie die Verbindung."],
    ]),
    problems: new Map([
      [
        "invalid-name",
        "Dieser Name geht nicht: Er darf nicht leer und nicht zu lang sein und weder / noch \\ noch Steuerzeichen enthalten.",
      ],
      ["too-many-requests", "Das waren zu viele Anfragen. Versuchen Sie es gleich noch einmal."],
      ["name-taken", "Es gibt schon eine Datei dieses Namens."],
      ["wrong-credentials", "Der Benutzername oder das Passwort ist falsch."],
      ["authentication-required", "Ihre Sitzung ist zu Ende."],
      ["invalid-token", "Ihre Sitzung ist zu Ende."],
      ["expired-token", "Ihre Sitzung ist zu Ende."],
      ["session-ended", "Ihre Sitzung ist zu Ende."],
      ["too-many-sign-ins", "Zu viele falsche Passwörter. Warten Sie ein wenig."],
      ["insufficient-scope", "Ihr Konto darf das nicht."],
      ["not-found", "Das gibt es nicht mehr."],
      ["share-expired", "Der Link ist abgelaufen."],
      ["share-used-up", "Der Link ist aufgebraucht."],
      ["folder-exists", "Einen Ordner dieses Namens gibt es schon."],
      ["user-exists", "Es gibt schon einen Benutzer dieses Namens."],
      ["own-account", "Sich selbst kann niemand sperren: bitten Sie jemand anderen aus der Verwaltung."],
      ["revision-mismatch", "Die Datei wurde inzwischen anderswo geändert. Versuchen Sie es noch einmal."],
      [
        "file-quarantined",
        "Die Datei wird noch auf Schadsoftware geprüft. Versuchen Sie es gleich noch einmal.",
      ],
      ["upload-incomplete", "Die Datei ist nicht ganz angekommen. Versuchen Sie es noch einmal."],
      [
        "parts-mismatch",
        "Ein Teil der Datei kam anders an, als er gesendet wurde. Versuchen Sie es noch einmal.",
      ],
      ["upload-aborted", "Der Upload wurde anderswo beendet. Versuchen Sie es noch einmal."],
      [
        "upload-expired",
        "Der Upload hat zu lange gedauert und ist abgelaufen. Versuchen Sie es noch einmal.",
      ],
      ["upload-rejected", "Was ankam, ist nicht das Angekündigte, und wurde darum verworfen."],
      [
        "quota-exceeded",
        "Für diese Datei ist kein Platz mehr. Löschen Sie etwas, und versuchen Sie es noch einmal.",
      ],
      ["too-many-uploads", "Zu viele Uploads sind unfertig. Versuchen Sie es gleich noch einmal."],
      ["sign-in-busy", "Gerade melden sich zu viele an. Versuchen Sie es gleich noch einmal."],
      [
        "issuer-unavailable",
        "Der Anmeldedienst antwortet gerade nicht. Versuchen Sie es gleich noch einmal.",
      ],
      ["store-unavailable", "Der Speicher antwortet gerade nicht. Versuchen Sie es gleich noch einmal."],
      ["registry-unavailable", "Der Dienst ist gerade nicht bereit. Versuchen Sie es gleich noch einmal."],
      ["shutting-down", "Der Dienst wird neu gestartet. Versuchen Sie es gleich noch einmal."],
      ["internal-error", "Im Dienst ist etwas schiefgegangen. Versuchen Sie es noch einmal."],
    ]),
  },
};
