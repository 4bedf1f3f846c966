import type { RefObject } from "react";
import { SearchIcon } from "./icons.tsx";
import styles from "./search-field.module.css";
import visuallyHidden from "./visually-hidden.module.css";

interface SearchFieldProps {
  readonly ref?: RefObject<HTMLInputElement | null>;
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly onChange: (value: string) => void;
}

/** A field for what names are to hold. */
export function SearchField({ ref, label, value, maxLength, onChange }: SearchFieldProps) {
  return (
    <label className={styles.search}>
      <SearchIcon />
      <span className={visuallyHidden.text}>{label}</span>
      <input
        ref={ref}
        type="search"
        className={styles.field}
        placeholder={label}
        value={value}
        maxLength={maxLength}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
