import type { ComponentProps } from "react";
import styles from "./button.module.css";

interface ButtonProps extends Omit<ComponentProps<"button">, "className"> {
  readonly variant?: "primary" | "plain" | "danger" | "quiet";
  readonly size?: "regular" | "small";
}

export function Button({ variant = "plain", size = "regular", type = "button", ...rest }: ButtonProps) {
  return <button {...rest} type={type} className={styles.button} data-variant={variant} data-size={size} />;
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "className" | "aria-label"> {
  /** The name that is read out, and shown on hover. */
  readonly label: string;
  readonly tone?: "neutral" | "danger";
}

export function IconButton({ label, tone = "neutral", type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={styles.icon}
      data-tone={tone}
      aria-label={label}
      title={rest.title ?? label}
    />
  );
}
