import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { SharedPage } from "../features/shares/shared-page.tsx";
import { PageHeader } from "./page-header.tsx";

/** The page of a share link: nobody needs to be signed in. */
export function SharePage({ token, queries }: { token: string; queries: QueryClient }) {
  return (
    <QueryClientProvider client={queries}>
      <PageHeader />
      <SharedPage token={token} />
    </QueryClientProvider>
  );
}
