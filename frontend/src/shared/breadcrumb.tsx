import styles from "./breadcrumb.module.css";
import { messages } from "./messages.ts";

interface BreadcrumbProps {
  readonly folder: string;
  /** What the top is called. */
  readonly top?: string;
  readonly onOpen: (folder: string) => void;
}

/** The way from the top to a folder; each step leads back. */
export function Breadcrumb({ folder, top = messages.files.heading, onOpen }: BreadcrumbProps) {
  const names = folder === "" ? [] : folder.split("/");
  const steps = names.map((name, index) => ({ name, path: names.slice(0, index + 1).join("/") }));
  return (
    <nav className={styles.breadcrumb} aria-label={messages.files.path}>
      <ol className={styles.steps}>
        {[{ name: top, path: "" }, ...steps].map(({ name, path }) => (
          <li key={path} className={styles.place}>
            <button
              type="button"
              className={styles.step}
              aria-current={path === folder ? "page" : undefined}
              data-folder={path}
              onClick={() => onOpen(path)}
            >
              {name}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
