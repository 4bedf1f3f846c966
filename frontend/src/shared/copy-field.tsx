import { useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import styles from "./copy-field.module.css";
import { copyText } from "./copy-text.ts";
import field from "./field.module.css";
import { CheckIcon, CopyIcon } from "./icons.tsx";
import { messages } from "./messages.ts";

/** A text to be copied, chosen already. */
export function CopyField({ label, text }: { label: string; text: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  const copy = async () => setCopied(await copyText(text, input.current));

  return (
    <div className={styles.copy}>
      <input ref={input} className={field.input} aria-label={label} value={text} readOnly />
      <Button onClick={copy}>
        {isCopied ? <CheckIcon /> : <CopyIcon />}
        <span role="status">{isCopied ? messages.actions.copied : messages.actions.copy}</span>
      </Button>
    </div>
  );
}
