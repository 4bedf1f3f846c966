import type { ComponentType } from "react";
import styles from "./icon-switch.module.css";
import visuallyHidden from "./visually-hidden.module.css";

interface IconSwitchProps<Value extends string> {
  /** Tells its radio buttons from those of others. */
  readonly name: string;
  readonly label: string;
  readonly options: readonly {
    readonly value: Value;
    readonly label: string;
    readonly icon: ComponentType;
  }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, each a drawing. */
export function IconSwitch<Value extends string>(props: IconSwitchProps<Value>) {
  return (
    <fieldset className={styles.switch}>
      <legend className={visuallyHidden.text}>{props.label}</legend>
      {props.options.map(({ value, label, icon: Icon }) => (
        <label key={value} className={styles.option} title={label}>
          <input
            className={visuallyHidden.text}
            type="radio"
            name={props.name}
            aria-label={label}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          <Icon />
        </label>
      ))}
    </fieldset>
  );
}
