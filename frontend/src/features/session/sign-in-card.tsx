import type { ReactNode } from "react";
import { messages } from "../../shared/messages.ts";
import visuallyHidden from "../../shared/visually-hidden.module.css";
import styles from "./sign-in-card.module.css";

/** What all ways to sign in stand on. */
export function SignInCard({ children }: { children: ReactNode }) {
  return (
    <section className={styles.card} aria-labelledby="sign-in-heading">
      <div>
        <h1 id="sign-in-heading" className={styles.heading}>
          {messages.session.heading}
        </h1>
        <p className={styles.lead}>{messages.session.lead}</p>
      </div>
      {children}
    </section>
  );
}

/** Parts two ways of which either does. */
export function Alternative() {
  return <p className={styles.or}>{messages.session.or}</p>;
}

/** Stands where the ways to sign in will be. */
export function SignInSkeleton() {
  return (
    <div className={styles.skeleton}>
      <span role="status" className={visuallyHidden.text}>
        {messages.session.loading}
      </span>
      <span className={styles.line} />
      <span className={styles.line} />
      <span className={styles.line} />
    </div>
  );
}
