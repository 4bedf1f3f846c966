/** What an administrator sees, in the order in which it is offered. */
export const ADMIN_TABS = ["users", "usage", "uploads", "audit", "store"] as const;

export type AdminTab = (typeof ADMIN_TABS)[number];
