// Calls of the platform: by the session's cookie, with the token that proves the page is ours.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** A refusal of the platform, or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    readonly field: string | null = null,
    readonly fields: { field: string; zh: string; en: string }[] = [],
  ) {
    super(en);
  }

  static of(status: number, body: unknown): ApiError {
    const problem = (body ?? {}) as Partial<Problem>;
    return new ApiError(
      status,
      problem.code ?? `http-${status}`,
      problem.title ?? "请求未能完成，请稍后重试",
      problem.title_en ?? "The request could not be answered; try again",
      problem.field ?? null,
      (problem.errors ?? []) as { field: string; zh: string; en: string }[],
    );
  }
}

/** The cookie that a login leaves for scripts; the session itself is hidden from them. */
export const CSRF_COOKIE = "fq_csrf";

/** The value of a cookie that scripts may read, or "". */
export function cookie(name: string, all: string = document.cookie): string {
  for (const part of all.split("; ")) {
    const at = part.indexOf("=");
    if (part.slice(0, at) === name) return decodeURIComponent(part.slice(at + 1));
  }
  return "";
}

let onLost: (code: string) => void = () => undefined;

/** Calls `tell` with the code of the refusal when the session has ended. */
export function whenSessionEnds(tell: (code: string) => void): void {
  onLost = tell;
}

const session: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("x-csrf-token", cookie(CSRF_COOKIE));
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => null);
    const error = ApiError.of(response.status, body);
    if (response.status === 401 && !request.url.includes("/v1/auth/")) onLost(error.code);
    throw error;
  },
  onError() {
    return new ApiError(
      0,
      "no-connection",
      "连接不上服务器：请检查网络，已填写的内容仍在",
      "The server cannot be reached: check the network; what you typed is kept",
    );
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
api.use(session);

/** The body of an answer that was not refused (a refusal has been thrown by then). */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A new Idempotency-Key: the same one again repeats nothing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
