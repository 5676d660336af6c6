/** A gateway on a bucket that others write too; it uploads when it is told to and not before. */
import type { Notice } from '../../staging/notices.ts';
import { MemoryBucket, type Fate, type RequestKind } from '../../store/testing/memory-store.ts';
import { GatewayLife, quickTimes } from './gateway-life.ts';
import { PathClient } from './path-client.ts';

const never = 3_600_000;

export class GatewayAndOthers {
  readonly bucket = new MemoryBucket();
  /** What becomes of requests of a kind. */
  readonly fates = new Map<RequestKind, Fate>();
  life!: GatewayLife;
  client!: PathClient;

  static async begin(): Promise<GatewayAndOthers> {
    const gateway = new GatewayAndOthers();
    gateway.#live(
      await GatewayLife.begin({
        store: { bucket: gateway.bucket, fate: (kind) => gateway.fates.get(kind) ?? {} },
        configuration: { metadataTtl: 0 },
        times: { ...quickTimes, settle: never, latest: never, idle: never, hopeless: never },
      }),
    );
    gateway.life.tree.start(Promise.resolve());
    return gateway;
  }

  /** Dies, and comes back; it waits for its clients until `start` is called. */
  async kill(): Promise<void> {
    this.#live(await this.life.kill());
  }

  #live(life: GatewayLife): void {
    this.life = life;
    this.client = new PathClient(life);
  }

  flush(): Promise<void> {
    return this.life.tree.flush();
  }

  /** Somebody else writes. */
  others(key: string, text: string, user: Record<string, string> = {}): void {
    this.bucket.write(key, Buffer.from(text), { user });
  }

  text(key: string): string | undefined {
    return this.bucket.objects.get(key)?.body.toString();
  }

  get notices(): readonly Pick<Notice, 'kind' | 'message'>[] {
    return [...this.life.database.table<Notice>('notices').range([])].map(([, notice]) => notice);
  }

  /** The keys that lie beside `name` for this reason. */
  beside(name: string, why: string): readonly string[] {
    return this.bucket.keys().filter((key) => key.startsWith(`${name} (${why} here `));
  }
}
