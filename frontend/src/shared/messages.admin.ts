import { LANGUAGE } from "./language.ts";
import { adminGerman } from "./messages.admin.de.ts";
import { type AdminMessages, adminEnglish } from "./messages.admin.en.ts";

/** The words of administration, which are loaded with it, for the few who need them. */
export const adminMessages: AdminMessages = LANGUAGE === "de" ? adminGerman : adminEnglish;
