import type { Page } from "@broker/client";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useId } from "react";
import { Button } from "./button.tsx";
import card from "./card.module.css";
import { EmptyState } from "./empty-state.tsx";
import { explainError } from "./explain-error.ts";
import styles from "./list-card.module.css";
import { messages } from "./messages.ts";
import { Notice } from "./notice.tsx";

/** What has been read of a list, a page at a time. */
export type Pages<Item> = UseInfiniteQueryResult<InfiniteData<Page<Item>, string | undefined>>;

interface ListCardProps<Item> {
  readonly heading: string;
  readonly Heading?: "h1" | "h2";
  /** Takes the focus when the row that had it goes. */
  readonly headingRef?: RefObject<HTMLHeadingElement | null>;
  readonly query: Pages<Item>;
  readonly empty: { readonly heading: string; readonly text: string };
  /** What stands beside the heading, at the end of the line. */
  readonly actions?: ReactNode;
  /** What stands between the heading and the list. */
  readonly above?: ReactNode;
  /** Renders an item, as a list item. */
  readonly children: (item: Item) => ReactNode;
}

/** A list that is read page by page, and what stands there while, or where, there is none. */
export function ListCard<Item>({
  heading,
  Heading = "h2",
  headingRef,
  query,
  empty,
  actions,
  above,
  children,
}: ListCardProps<Item>) {
  const id = useId();
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={card.card} aria-labelledby={id} aria-busy={query.isFetching}>
      <header className={card.header}>
        <Heading id={id} ref={headingRef} tabIndex={-1} className={card.heading}>
          {heading}
        </Heading>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {above}
      {query.error !== null && (
        <div className={styles.notice}>
          <Notice
            tone="danger"
            actions={
              <Button size="small" onClick={() => query.refetch()}>
                {messages.actions.tryAgain}
              </Button>
            }
          >
            {explainError(query.error)}
          </Notice>
        </div>
      )}
      {query.isPending && (
        <p className={styles.loading} role="status">
          {messages.session.loading}
        </p>
      )}
      {query.isSuccess && items.length === 0 && <EmptyState heading={empty.heading} text={empty.text} />}
      {items.length > 0 && (
        <ul className={card.rows} aria-labelledby={id}>
          {items.map(children)}
        </ul>
      )}
      {query.hasNextPage && (
        <div className={styles.more}>
          <Button size="small" aria-disabled={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            {messages.files.loadMore}
          </Button>
        </div>
      )}
    </section>
  );
}
