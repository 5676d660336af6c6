/** One client of a gateway's export that names everything by its path below the export's root, and is patient with DELAY. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FileSystemError } from '../errors.ts';
import type { Node, OpenAccess, OpenFile } from '../file-system.ts';
import { root, type GatewayLife } from './gateway-life.ts';

const context = { caller: root };

export class PathClient {
  readonly #life: GatewayLife;

  constructor(life: GatewayLife) {
    this.#life = life;
  }

  async node(path: string): Promise<Node> {
    let node = await this.#life.exported();
    for (const name of path.split('/').filter((part) => part !== ''))
      node = await patiently(async () => this.#life.fileSystem.lookup(node, name, root));
    return node;
  }

  async exists(path: string): Promise<boolean> {
    return this.node(path).then(
      () => true,
      (error: unknown) => {
        if (error instanceof FileSystemError && error.code === 'NOENT') return false;
        throw error;
      },
    );
  }

  async names(path = ''): Promise<readonly string[]> {
    const directory = await this.node(path);
    const page = await patiently(() => this.#life.fileSystem.readDirectory(directory, 0, 1000, root));
    return page.entries.map(({ name }) => name).sort();
  }

  /** Content of the file that has the name now. */
  async read(path: string): Promise<string> {
    const node = await this.node(path);
    const { data } = await patiently(() => this.#life.fileSystem.read(node, 0, 1024 * 1024, root));
    return Buffer.concat(data).toString();
  }

  async open(path: string, access: OpenAccess = { read: true, write: true }): Promise<OpenFile> {
    const node = await this.node(path);
    return patiently(() => this.#life.fileSystem.open(node, access, 'open', root));
  }

  /** Makes the file or replaces its content, as `echo > file` does. */
  async write(path: string, content: string): Promise<void> {
    const [directory, name] = await this.#split(path);
    const { node } = await patiently(() =>
      this.#life.fileSystem.createFile(directory, name, { mode: 'unchecked', attributes: { size: 0 } }, context),
    );
    const file = await patiently(() => this.#life.fileSystem.open(node, { read: false, write: true }, 'created', root));
    await patiently(() => file.write(0, Buffer.from(content), 'unstable'));
    await file.close();
  }

  async makeDirectory(path: string): Promise<void> {
    const [directory, name] = await this.#split(path);
    await patiently(() => this.#life.fileSystem.makeDirectory(directory, name, { mode: 0o755 }, context));
  }

  async remove(path: string): Promise<void> {
    const [directory, name] = await this.#split(path);
    await patiently(() => this.#life.fileSystem.remove(directory, name, undefined, context));
  }

  async rename(from: string, to: string): Promise<void> {
    const [fromDirectory, fromName] = await this.#split(from);
    const [toDirectory, toName] = await this.#split(to);
    await patiently(() => this.#life.fileSystem.rename(fromDirectory, fromName, toDirectory, toName, context));
  }

  async setMode(path: string, mode: number): Promise<void> {
    const node = await this.node(path);
    await patiently(() => this.#life.fileSystem.setAttributes(node, { mode }, context));
  }

  async #split(path: string): Promise<readonly [Node, string]> {
    const at = path.lastIndexOf('/');
    return [await this.node(path.slice(0, Math.max(0, at))), path.slice(at + 1)];
  }
}

/** @throws FileSystemError other than DELAY, or DELAY after some seconds */
export async function patiently<T>(perform: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await perform();
    } catch (error) {
      if (!(error instanceof FileSystemError) || error.code !== 'DELAY' || tries > 2000) throw error;
      await sleep(2);
    }
  }
}

/** Content that an open file shows. */
export async function contentOf(file: OpenFile): Promise<string> {
  const { data } = await patiently(() => file.read(0, 1024 * 1024));
  return Buffer.concat(data).toString();
}
