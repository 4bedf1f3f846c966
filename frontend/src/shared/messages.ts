import { LANGUAGE } from "./language.ts";
import { german } from "./messages.de.ts";
import { english, type Messages } from "./messages.en.ts";

/** Every word a person sees or hears, in the reader's language. */
export const messages: Messages = LANGUAGE === "de" ? german : english;
