// Directives of Element Plus that the build registers where they are used.
import type { ElLoadingDirective } from "element-plus";

declare module "vue" {
  interface GlobalDirectives {
    vLoading: typeof ElLoadingDirective;
  }
}
