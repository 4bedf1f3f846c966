import type { FileOrder } from "@broker/client";

export const VIEWS = ["list", "grid"] as const;

/** How files are laid out. */
export type View = (typeof VIEWS)[number];

/** How files may be sorted. */
export const ORDERS = [
  "-created",
  "created",
  "name",
  "-name",
  "-size",
  "size",
] as const satisfies readonly FileOrder[];
