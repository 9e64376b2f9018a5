// Not every fact is worth a question of its own: work that is asked for often is done now and then.

/**
 * Does `work` soon after a nudge, at most once per `every` ms, and once more afterwards: a number may be
 * counted a moment after the fact is heard here.
 */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private left = 0;
  private doneAt = 0;

  constructor(
    private readonly soon: number,
    private readonly every: number,
    private readonly work: () => Promise<void>,
  ) {}

  nudge(): void {
    this.left = 2;
    if (!this.timer) this.wait();
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.left = 0;
  }

  private wait(): void {
    const ms = Math.max(this.soon, this.doneAt + this.every - Date.now());
    this.timer = setTimeout(() => void this.run(), ms);
  }

  private async run(): Promise<void> {
    this.left -= 1;
    this.doneAt = Date.now();
    await this.work();
    this.timer = null;
    if (this.left > 0) this.wait();
  }
}
