// The pages, who may open them, and where one goes who may not.
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { i18n } from "./i18n";
import { DISPATCHERS, HANDLERS, READERS, REGISTRARS, STAFF, useSession, type Role } from "./stores/session";

declare module "vue-router" {
  interface RouteMeta {
    open?: boolean;
    roles?: readonly Role[];
    title: string;
  }
}

const pages: RouteRecordRaw[] = [
  { path: "board", name: "board", component: () => import("./pages/BoardPage.vue"), meta: { roles: STAFF, title: "board" } },
  { path: "cases", name: "cases", component: () => import("./pages/CasesPage.vue"), meta: { roles: READERS, title: "cases" } },
  { path: "cases/new", name: "register", component: () => import("./pages/RegisterPage.vue"), meta: { roles: REGISTRARS, title: "register" } },
  { path: "cases/:id", name: "case", component: () => import("./pages/CasePage.vue"), meta: { roles: READERS, title: "case" } },
  { path: "waiting", name: "waiting", component: () => import("./pages/WaitingPage.vue"), meta: { roles: [...DISPATCHERS, "clerk", "auditor"], title: "waiting" } },
  { path: "desk", name: "desk", component: () => import("./pages/DeskPage.vue"), meta: { roles: HANDLERS, title: "desk" } },
  { path: "overdue", name: "overdue", component: () => import("./pages/OverduePage.vue"), meta: { roles: HANDLERS, title: "overdue" } },
];

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/login", name: "login", component: () => import("./pages/LoginPage.vue"), meta: { open: true, title: "login" } },
    { path: "/", component: () => import("./shell/AppShell.vue"), meta: { title: "home" }, children: pages },
    { path: "/:rest(.*)*", name: "lost", component: () => import("./pages/LostPage.vue"), meta: { open: true, title: "lost" } },
  ],
});

/** The page that a role begins with. */
export function home(role: Role | null): string {
  if (role === "mediator") return "/desk";
  return role !== null && STAFF.includes(role) ? "/board" : "/cases";
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true;
  const session = useSession();
  if (!(await session.open())) return { name: "login", query: to.path === "/" ? {} : { next: to.fullPath } };
  if (to.path === "/") return home(session.role);
  if (to.meta.roles && !session.may(to.meta.roles)) return home(session.role);
  return true;
});

router.afterEach((to) => {
  const { t } = i18n.global;
  document.title = `${t(`page.${to.meta.title}`)} · ${t("app.short")}`;
});
