import type { FileOrder } from "@broker/client";
import { type ComponentType, type RefObject, useEffect, useState } from "react";
import { ORDERS, VIEWS, type View } from "../features/files/view.ts";
import { IconSwitch } from "../shared/icon-switch.tsx";
import { GridIcon, ListIcon } from "../shared/icons.tsx";
import { messages } from "../shared/messages.ts";
import { SearchField } from "../shared/search-field.tsx";
import visuallyHidden from "../shared/visually-hidden.module.css";
import styles from "./files-bar.module.css";
import { go, HOME, type Route, writeRoute } from "./route.ts";

const SEARCH_AFTER_MS = 200;
const VIEW_ICONS: Readonly<Record<View, ComponentType>> = { list: ListIcon, grid: GridIcon };

interface FilesBarProps {
  readonly route: Route;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly order: FileOrder;
  readonly onOrder: (order: FileOrder) => void;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** Where one can go: files, trash, links; and the search. */
export function FilesBar({ route, search, order, onOrder, view, onView }: FilesBarProps) {
  const { nav } = messages;
  const q = route.page === "files" ? route.q : "";
  const [typed, setTyped] = useState(q);

  useEffect(() => setTyped(q), [q]);
  useEffect(() => {
    if (typed === q) {
      return;
    }
    const timer = setTimeout(() => {
      const folder = route.page === "files" ? route.folder : "";
      go({ page: "files", folder, q: typed }, { replace: q !== "" && typed !== "" });
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed, q, route]);

  const pages: readonly (readonly [Route, string])[] = [
    [HOME, nav.files],
    [{ page: "links" }, nav.links],
    [{ page: "trash" }, nav.trash],
  ];
  return (
    <div className={styles.bar}>
      <nav className={styles.pages} aria-label={nav.label}>
        {pages.map(([to, label]) => (
          <a
            key={to.page}
            className={styles.page}
            href={writeRoute(to)}
            aria-current={to.page === route.page ? "page" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {route.page !== "links" && (
        <>
          <SearchField ref={search} label={nav.search} value={typed} maxLength={255} onChange={setTyped} />
          <label className={styles.order}>
            <span className={visuallyHidden.text}>{nav.order}</span>
            <select
              className={styles.select}
              value={order}
              onChange={({ currentTarget }) => onOrder(currentTarget.value as FileOrder)}
            >
              {ORDERS.map((each) => (
                <option key={each} value={each}>
                  {nav.orders[each]}
                </option>
              ))}
            </select>
          </label>
          <IconSwitch
            name="view"
            label={nav.view}
            options={VIEWS.map((value) => ({ value, label: nav.views[value], icon: VIEW_ICONS[value] }))}
            value={view}
            onChange={onView}
          />
        </>
      )}
    </div>
  );
}
