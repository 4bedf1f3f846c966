import field from "../../shared/field.module.css";
import { messages } from "../../shared/messages.ts";

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly max: number;
  /** Left out, whole numbers are taken. */
  readonly step?: number;
}

/** A limit; empty for none. */
export function NumberField({ label, value, onChange, max, step = 1 }: NumberFieldProps) {
  return (
    <label className={field.field}>
      <span className={field.label}>{label}</span>
      <input
        className={field.input}
        type="number"
        inputMode={step === 1 ? "numeric" : "decimal"}
        min={step}
        max={max}
        step={step}
        placeholder={messages.sharing.noLimit}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
