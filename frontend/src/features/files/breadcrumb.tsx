import { messages } from "../../shared/messages.ts";
import styles from "./breadcrumb.module.css";
import { nameOf } from "./filing.ts";

interface BreadcrumbProps {
  readonly folder: string;
  readonly onOpen: (folder: string) => void;
}

/** The way from the top to a folder; each step leads back. */
export function Breadcrumb({ folder, onOpen }: BreadcrumbProps) {
  const names = folder === "" ? [] : folder.split("/");
  const paths = names.map((_, index) => names.slice(0, index + 1).join("/"));
  return (
    <nav className={styles.breadcrumb} aria-label={messages.files.path}>
      <ol className={styles.steps}>
        {["", ...paths].map((path) => (
          <li key={path} className={styles.place}>
            <button
              type="button"
              className={styles.step}
              aria-current={path === folder ? "page" : undefined}
              data-folder={path}
              onClick={() => onOpen(path)}
            >
              {path === "" ? messages.files.heading : nameOf(path)}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
