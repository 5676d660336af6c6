/**
 * The mounts of this user: what is wanted, what is there, and how one comes to the other. One thing happens at a mount
 * point at a time. Nothing here enters a mount; what is there is read from the mount table.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { mountSettings, type Mount, type MountSettings, type MountState } from '../api/mounts.ts';
import { ProblemError, type Problem } from '../api/problem.ts';
import { SettingsFile } from '../settings-file.ts';
import { prepareMountPoint } from './mount-point.ts';
import { isLoopbackNfs } from './mount-table.ts';
import type { UnmountForce } from './mounter.ts';
import type { SystemMounter } from './system-mounter.ts';

/** What the manager needs of the gateway. All throw ProblemError. */
export interface GatewayExports {
  /** The port that it listens on. */
  readonly port: number;
  /** Offers the mount's bucket under a name. @returns the path for one mount, `/TOKEN/NAME` */
  offer(id: string, settings: MountSettings, volumeName: string): Promise<string>;
  /** The mount with this path is in the mount table: whoever has used the path keeps it, nobody else gets it. */
  confirm(exportPath: string): Promise<void>;
  /** The path is worth nothing any more, and the export goes with its last one. */
  withdraw(exportPath: string): Promise<void>;
  unsentBytes(id: string): number;
}

/** A mount as it is kept over restarts. */
const record = mountSettings.extend({
  id: z.string(),
  mountPoint: z.string(),
  volumeName: z.string(),
  /** Whether it shall be there. */
  wanted: z.boolean(),
  /** The path under which it was mounted last. */
  exportPath: z.string().optional(),
});
type MountRecord = z.infer<typeof record>;
const contents = z.object({ mounts: z.array(record) });

interface Entry {
  record: MountRecord;
  state: MountState;
  problem: Problem | undefined;
  attempts: number;
  retry: NodeJS.Timeout | undefined;
}

export interface MountManagerParts {
  /** The folder of configuration. */
  readonly folder: string;
  readonly mounter: SystemMounter;
  readonly gateway: GatewayExports;
  /** Where a drive of this name goes when nobody says where. */
  readonly defaultMountPoint: (volumeName: string) => string;
  readonly onChange: (mount: Mount) => void;
}

/** Milliseconds between tries of a mount that is wanted and cannot be had yet. */
const firstRetry = 2000;
const longestRetry = 60_000;

/** What may go away by itself: these mounts wait and are tried again. */
const healing = new Set<string>(['unreachable', 'dns', 'keychain', 'gateway', 'time-limit', 'clock-skew']);

export class MountManager {
  readonly #parts: MountManagerParts;
  readonly #file: SettingsFile<typeof contents>;
  readonly #entries = new Map<string, Entry>();
  /** What happens at a mount point, one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #isClosed = false;

  private constructor(parts: MountManagerParts) {
    this.#parts = parts;
    this.#file = new SettingsFile(path.join(parts.folder, 'mounts.json'), contents, { mounts: [] });
  }

  /** @throws SettingsFileError */
  static async open(parts: MountManagerParts): Promise<MountManager> {
    const manager = new MountManager(parts);
    for (const one of (await manager.#file.read()).mounts)
      manager.#entries.set(one.id, {
        record: one,
        state: 'unmounted',
        problem: undefined,
        attempts: 0,
        retry: undefined,
      });
    return manager;
  }

  all(): readonly Mount[] {
    return [...this.#entries.values()].map((entry) => this.#shown(entry));
  }

  /** @throws ProblemError not-found */
  get(id: string): Mount {
    return this.#shown(this.#require(id));
  }

  /** By its mount point, as the command line names it. */
  at(mountPoint: string): Mount | undefined {
    return this.all().find((mount) => mount.mountPoint === mountPoint);
  }

  /**
   * Keeps a mount; it is there only once `mount` has succeeded.
   * @throws ProblemError exists: something of ours goes to the same place
   */
  async add(settings: MountSettings): Promise<Mount> {
    const volumeName = settings.volumeName ?? nameOf(settings);
    const mountPoint = settings.mountPoint ?? this.#parts.defaultMountPoint(volumeName);
    const taken = this.at(mountPoint);
    if (taken !== undefined)
      throw ProblemError.of(
        'exists',
        `${taken.bucket}/${taken.prefix} goes to ${mountPoint} already.`,
        'Choose another place, or remove that mount first.',
        { field: 'mountPoint' },
      );
    const added: Entry = {
      record: { ...settings, id: randomUUID(), mountPoint, volumeName, wanted: false },
      state: 'unmounted',
      problem: undefined,
      attempts: 0,
      retry: undefined,
    };
    this.#entries.set(added.record.id, added);
    await this.#keep();
    return this.#shown(added);
  }

  /** Resolves once it is in the mount table. @throws ProblemError; what heals is tried again by itself */
  async mount(id: string): Promise<Mount> {
    const entry = this.#require(id);
    await this.#want(entry, true);
    return this.#inTurn(entry, () => this.#bringUp(entry));
  }

  /** Resolves once it is gone from the mount table. @throws ProblemError busy, where it is in use and not forced */
  async unmount(id: string, force: UnmountForce = 'ask'): Promise<Mount> {
    const entry = this.#require(id);
    await this.#want(entry, false);
    return this.#inTurn(entry, () => this.#takeDown(entry, force));
  }

  /** Unmounts and forgets it. @throws ProblemError */
  async remove(id: string, force: UnmountForce = 'ask'): Promise<void> {
    await this.unmount(id, force);
    this.#entries.delete(id);
    await this.#keep();
  }

  /**
   * After a start: mounts that are there from before are taken over, those that are wanted are mounted, and what is left
   * of a gateway that is gone is taken away.
   * @param wanted also what is to be mounted by itself at login
   */
  async resume(wanted: 'kept' | 'login'): Promise<void> {
    await Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        if (!entry.record.wanted && !(wanted === 'login' && entry.record.options.autoMount)) return;
        // What it needs may come later: the network, the keychain. The state says what it waits for.
        await this.mount(entry.record.id).catch((error: unknown) => {
          if (!(error instanceof ProblemError)) throw error;
        });
      }),
    );
  }

  /** Unmounts all, as far as `force` goes; they are wanted again at the next start. */
  async close(force: UnmountForce): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(
      [...this.#entries.values()].map((entry) => {
        clearTimeout(entry.retry);
        return this.#inTurn(entry, () => this.#takeDown(entry, force));
      }),
    );
  }

  async #bringUp(entry: Entry): Promise<Mount> {
    const { mounter, gateway } = this.#parts;
    const { id, mountPoint, volumeName, options } = entry.record;
    if (entry.state === 'mounted' && (await this.#isThere(entry))) return this.#shown(entry);
    this.#show(entry, 'mounting');
    let exportPath: string | undefined;
    try {
      const vacancy = await prepareMountPoint(mountPoint, mounter.table);
      if (vacancy.state === 'ours') {
        const { source, port } = vacancy.mounted;
        // Mounted before a restart, at the port that is served now: programs that use it go on.
        const isLive = port === undefined || port === gateway.port;
        if (isLive && source === `127.0.0.1:${entry.record.exportPath ?? ''}`) return this.#show(entry, 'mounted');
        await mounter.unmount(mountPoint, 'lazy');
      }
      exportPath = await gateway.offer(id, entry.record, volumeName);
      await mounter.mount({
        port: gateway.port,
        exportPath,
        mountPoint,
        readOnly: options.readOnly,
        metadataTtl: options.metadataTtl,
      });
      await gateway.confirm(exportPath);
      entry.record = { ...entry.record, exportPath };
      await this.#keep();
      entry.attempts = 0;
      return this.#show(entry, 'mounted');
    } catch (error) {
      if (exportPath !== undefined) await gateway.withdraw(exportPath).catch(ignoreProblem);
      throw this.#failed(entry, error);
    }
  }

  async #takeDown(entry: Entry, force: UnmountForce): Promise<Mount> {
    const { mounter, gateway } = this.#parts;
    const { mountPoint, exportPath } = entry.record;
    clearTimeout(entry.retry);
    if (await this.#isThere(entry)) {
      this.#show(entry, 'unmounting');
      try {
        await mounter.unmount(mountPoint, force);
      } catch (error) {
        this.#show(entry, 'mounted');
        throw error;
      }
    }
    if (exportPath !== undefined) await gateway.withdraw(exportPath).catch(ignoreProblem);
    return this.#show(entry, 'unmounted');
  }

  /** Whether what shows at the mount point is this mount. */
  async #isThere({ record: { mountPoint, exportPath } }: Entry): Promise<boolean> {
    const mounted = await this.#parts.mounter.table.at(mountPoint);
    return mounted !== undefined && isLoopbackNfs(mounted) && mounted.source === `127.0.0.1:${exportPath ?? ''}`;
  }

  #failed(entry: Entry, error: unknown): unknown {
    if (!(error instanceof ProblemError)) {
      this.#show(entry, 'failed');
      return error;
    }
    const heals = healing.has(error.problem.code) && entry.record.wanted && !this.#isClosed;
    this.#show(entry, heals ? 'waiting' : 'failed', error.problem);
    if (heals) {
      const pause = Math.min(longestRetry, firstRetry * 2 ** entry.attempts++);
      entry.retry = setTimeout(() => void this.mount(entry.record.id).catch(ignoreProblem), pause);
    }
    return error;
  }

  async #want(entry: Entry, wanted: boolean): Promise<void> {
    clearTimeout(entry.retry);
    if (entry.record.wanted === wanted) return;
    entry.record = { ...entry.record, wanted };
    await this.#keep();
  }

  #inTurn<T>(entry: Entry, step: () => Promise<T>): Promise<T> {
    const { mountPoint } = entry.record;
    const before = this.#turns.get(mountPoint) ?? Promise.resolve();
    const turn = before.then(step, step);
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(mountPoint) === settled) this.#turns.delete(mountPoint);
      });
    this.#turns.set(mountPoint, settled);
    return turn;
  }

  #show(entry: Entry, state: MountState, problem?: Problem): Mount {
    entry.state = state;
    entry.problem = problem;
    const shown = this.#shown(entry);
    this.#parts.onChange(shown);
    return shown;
  }

  #shown({ record: { wanted: _, exportPath: __, ...settings }, state, problem }: Entry): Mount {
    return {
      ...settings,
      state,
      unsentBytes: this.#parts.gateway.unsentBytes(settings.id),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  #require(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw ProblemError.of('not-found', `There is no mount ${id}.`, 'windlass status shows those that there are.');
  }

  #keep(): Promise<void> {
    return this.#file.write({ mounts: [...this.#entries.values()].map((entry) => entry.record) });
  }
}

/** The last component of what is mounted: what Finder and Explorer call the drive. */
function nameOf({ bucket, prefix }: MountSettings): string {
  return prefix.split('/').at(-2) ?? path.basename(bucket);
}

/** The problem is shown in the state; whoever comes later meets it again. */
function ignoreProblem(error: unknown): void {
  if (!(error instanceof ProblemError)) throw error;
}
