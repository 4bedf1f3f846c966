import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { beginSession } from "./app/begin-session.ts";
import { followSession } from "./app/follow-session.ts";
import { followThumbnails } from "./app/follow-thumbnails.ts";
import { followUploads } from "./app/follow-uploads.ts";
import "./app/global.css";
import { createQueryClient } from "./app/query-client.ts";
import { createServices } from "./app/services.ts";
import { SharePage } from "./app/share-page.tsx";
import { LANGUAGE } from "./shared/language.ts";
import { messages } from "./shared/messages.ts";
import { safeStorage } from "./shared/safe-storage.ts";
import { chooseTheme, readTheme } from "./shared/theme.ts";

const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no #root");
}

document.documentElement.lang = LANGUAGE;
document.title = messages.product;
const storage = safeStorage(() => localStorage);
chooseTheme(readTheme(storage), storage);

const queries = createQueryClient();
const token = /^\/s\/([^/]+)$/.exec(location.pathname)?.[1];
createRoot(root).render(
  <StrictMode>{token === undefined ? startApp() : <SharePage token={token} queries={queries} />}</StrictMode>,
);

function startApp(): ReactNode {
  const services = createServices();
  followSession(services, queries);
  followUploads(services.queue, queries);
  followThumbnails(services, queries);
  void beginSession(services, {
    address: new URL(location.href),
    storage: safeStorage(() => sessionStorage),
    rewrite: (path) => history.replaceState(null, "", path),
    leave: (address) => location.replace(address),
  });
  return <App services={services} queries={queries} />;
}
