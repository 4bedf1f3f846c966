const PATIENCE_MS = 30_000;

/**
 * Go to a URL that answers with an attachment, without leaving the page.
 *
 * In a hidden frame: after an await a tab of its own may count as a pop-up, and in this one a guard that asks
 * before leaving would ask before every download.
 */
export function followDownload(url: string): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.sandbox.add("allow-downloads");
  frame.src = url;
  document.body.append(frame);
  setTimeout(() => frame.remove(), PATIENCE_MS);
}
