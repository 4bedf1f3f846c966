import {
  type AuditEntry,
  type AuditQuery,
  type NewUser,
  type Page,
  path,
  query,
  type StoreHealth,
  type SubjectUsage,
  type TenantUpload,
  type UsageOrder,
  type User,
} from "@broker/client";
import type { PageBroker } from "../../shared/page-broker.ts";

interface Cancellable {
  readonly signal: AbortSignal;
}

interface Paged {
  /** The `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** The calls of the broker that are for administrators. */
export class AdminCalls {
  readonly #broker: Pick<PageBroker, "read" | "call">;

  constructor(broker: Pick<PageBroker, "read" | "call">) {
    this.#broker = broker;
  }

  /** List one page of the tenant's built-in users whose name holds `q`, by name. */
  listUsers({ q, cursor }: Paged & { q: string }, { signal }: Cancellable): Promise<Page<User>> {
    return this.#broker.read("GET", `/v1/admin/users?${query({ q, cursor })}`, { signal });
  }

  addUser(user: NewUser, { signal }: Cancellable): Promise<User> {
    return this.#broker.read("POST", "/v1/admin/users", { body: user, signal });
  }

  /** Shut a user out, at once. */
  async disableUser(name: string, { signal }: Cancellable): Promise<void> {
    await this.#broker.call("POST", "/v1/admin/users/disable", { body: { name }, signal });
  }

  async enableUser(name: string, { signal }: Cancellable): Promise<void> {
    await this.#broker.call("POST", "/v1/admin/users/enable", { body: { name }, signal });
  }

  /** Give a user another password, which ends all of his sessions. */
  async setPassword(name: string, password: string, { signal }: Cancellable): Promise<void> {
    await this.#broker.call("POST", "/v1/admin/users/password", { body: { name, password }, signal });
  }

  /** List one page of what the tenant's subjects store, by policy. */
  listUsage(
    { sort, cursor }: Paged & { sort?: UsageOrder },
    { signal }: Cancellable,
  ): Promise<Page<SubjectUsage>> {
    return this.#broker.read("GET", `/v1/admin/usage?${query({ sort, cursor })}`, { signal });
  }

  /** List one page of what all of the tenant have not finished, newest first. */
  listTenantUploads({ cursor }: Paged, { signal }: Cancellable): Promise<Page<TenantUpload>> {
    return this.#broker.read("GET", `/v1/admin/uploads?${query({ cursor })}`, { signal });
  }

  async abortTenantUpload(id: string, { signal }: Cancellable): Promise<void> {
    await this.#broker.call("DELETE", path`/v1/admin/uploads/${id}`, { signal });
  }

  /** List one page of what was done in the tenant, newest first. */
  searchAudit({ cursor, ...wanted }: Paged & AuditQuery, { signal }: Cancellable): Promise<Page<AuditEntry>> {
    return this.#broker.read("GET", `/v1/admin/audit?${query({ cursor, ...wanted })}`, { signal });
  }

  /** Read what was found when the store was examined last. */
  readStoreHealth({ signal }: Cancellable): Promise<StoreHealth> {
    return this.#broker.read("GET", "/v1/admin/store", { signal });
  }

  /** Examine the store now, which takes seconds. */
  examineStore({ signal }: Cancellable): Promise<StoreHealth> {
    return this.#broker.read("POST", "/v1/admin/store", { signal });
  }
}
