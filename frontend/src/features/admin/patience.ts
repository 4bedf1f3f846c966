/** How long a change may take. */
export const PATIENCE_MS = 30_000;
