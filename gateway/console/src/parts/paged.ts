// A list that is read page by page and follows the facts.
import { onBeforeUnmount, onMounted, ref, watch, type Ref } from "vue";
import { useRoute, useRouter } from "vue-router";
import { Pace } from "@/board/pace";
import { useLive } from "@/stores/live";
import { tellProblem } from "./problems";

export interface Paged<T> {
  items: Ref<T[]>;
  total: Ref<number | null>;
  loading: Ref<boolean>;
  page: Ref<number>;
  load: () => Promise<void>;
  change: (values: Record<string, string | number | undefined>) => void;
}

/** Reads by `ask(page)`; filters live in the address, and a change of the address reads anew. */
export function usePaged<T>(ask: (page: number) => Promise<{ items: T[]; total: number }>): Paged<T> {
  const route = useRoute();
  const router = useRouter();
  const live = useLive();
  const name = route.name;
  const items = ref([]) as Ref<T[]>;
  const total = ref<number | null>(null);
  const loading = ref(true);
  const page = ref(Number(route.query.page ?? 1) || 1);
  let asked = 0;
  let off = (): void => undefined;

  async function load(): Promise<void> {
    const mine = ++asked;
    try {
      const found = await ask(page.value);
      if (mine !== asked) return;
      items.value = found.items;
      total.value = found.total;
    } catch (error) {
      if (mine === asked) tellProblem(error);
    } finally {
      if (mine === asked) loading.value = false;
    }
  }
  function change(values: Record<string, string | number | undefined>): void {
    const query: Record<string, string> = {};
    for (const [key, value] of Object.entries({ ...route.query, page: undefined, ...values })) if (value) query[key] = String(value);
    void router.push({ query });
  }
  const pace = new Pace(300, 2000, load);
  onMounted(() => {
    off = live.on(() => pace.nudge(), () => void load());
    void load();
  });
  onBeforeUnmount(() => {
    off();
    pace.stop();
  });
  watch(() => route.query, () => {
    if (route.name !== name) return;
    page.value = Number(route.query.page ?? 1) || 1;
    loading.value = true;
    void load();
  });
  return { items, total, loading, page, load, change };
}
