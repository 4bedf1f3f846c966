import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy } from "react";
import { SharedPage } from "../features/shares/shared-page.tsx";
import { PageHeader } from "./page-header.tsx";

const ReceivePage = lazy(() =>
  import("./receive-page.tsx").then((module) => ({ default: module.ReceivePage })),
);

/** The page of a link: nobody needs to be signed in. */
export function SharePage({ token, queries }: { token: string; queries: QueryClient }) {
  return (
    <QueryClientProvider client={queries}>
      <PageHeader />
      <SharedPage token={token} receive={(link, folder) => <ReceivePage link={link} folder={folder} />} />
    </QueryClientProvider>
  );
}
