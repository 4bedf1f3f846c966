export const VIEWS = ["list", "grid"] as const;

/** How files are laid out. */
export type View = (typeof VIEWS)[number];

const KEY = "view";

/** Read the view that was chosen on this device. */
export function readView(storage: Pick<Storage, "getItem">): View {
  const stored = storage.getItem(KEY);
  return VIEWS.find((view) => view === stored) ?? "list";
}

export function rememberView(view: View, storage: Pick<Storage, "setItem">): void {
  storage.setItem(KEY, view);
}
