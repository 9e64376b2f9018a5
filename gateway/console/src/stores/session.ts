// Who is logged in, and the end of that: by hand, by the platform, or because nobody acted.
import { defineStore } from "pinia";
import { api, body, cookie, CSRF_COOKIE, type Schemas } from "@/api/client";

export type Account = Schemas["Self"];
export type Role = "admin" | "city" | "district" | "clerk" | "mediator" | "partner" | "party" | "auditor";

/** Roles that see the numbers of their area. */
export const STAFF: readonly Role[] = ["admin", "city", "district", "clerk", "auditor"];
/** Roles that do casework, or oversee it in their area. */
export const HANDLERS: readonly Role[] = ["city", "district", "clerk", "mediator"];
/** Roles that read what was said in cases; the auditor reads logs alone. */
export const READERS: readonly Role[] = [...HANDLERS, "admin", "partner", "party"];
/** Roles that may register a dispute. */
export const REGISTRARS: readonly Role[] = ["city", "district", "clerk", "mediator"];
/** Roles that decide where a waiting case goes. */
export const DISPATCHERS: readonly Role[] = ["city", "district"];

export const useSession = defineStore("session", {
  state: () => ({ account: null as Account | null, asked: false }),
  getters: {
    role: (state): Role | null => (state.account?.role ?? null) as Role | null,
  },
  actions: {
    /** Whether a session is open; asks the platform once. */
    async open(): Promise<boolean> {
      if (!this.asked) {
        this.asked = true;
        // without the cookie that a login leaves there is nothing to ask
        if (cookie(CSRF_COOKIE)) this.account = await body(api.GET("/v1/auth/me")).catch(() => null);
      }
      return this.account !== null;
    },
    async logIn(username: string, password: string): Promise<void> {
      const found = await body(api.POST("/v1/auth/login", { body: { username, password } }));
      this.account = found.account;
      this.asked = true;
    },
    async logOut(): Promise<void> {
      await api.POST("/v1/auth/logout").catch(() => undefined);
      this.forget();
    },
    forget(): void {
      this.account = null;
      this.asked = true;
    },
    may(roles: readonly Role[]): boolean {
      return this.role !== null && roles.includes(this.role);
    },
  },
});
