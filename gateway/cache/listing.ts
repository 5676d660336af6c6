/** What a listing says of a directory, or of a whole tree. Pure, but for the requests. */
import type { ListPage, ListedObject, ObjectStore, Version } from '../store/object-store.ts';

/** One name: an object, keys below it, or both. */
export interface ListedName {
  object?: Version;
  /** Keys begin with the name and `/`; where the listing was flat, what they are. */
  below?: ListedDirectory | true;
}

/** Complete: a name that is not here is not in the store. */
export class ListedDirectory {
  readonly names = new Map<string, ListedName>();
  /** The zero-byte object of the directory itself. */
  marker: Version | undefined;

  /** The name's record, made where it is missing. */
  name(name: string): ListedName {
    let found = this.names.get(name);
    if (found === undefined) {
      found = {};
      this.names.set(name, found);
    }
    return found;
  }

  /** Takes in a page of a delimited listing. */
  addPage({ objects, prefixes }: ListPage, prefix: string): void {
    for (const { key, version } of objects) {
      if (key === prefix) this.marker = version;
      else this.name(key.slice(prefix.length)).object = version;
    }
    for (const below of prefixes) this.name(below.slice(prefix.length, -1)).below = true;
  }

  /** Takes in an object of a flat listing, `path` being its key without the prefix. */
  addObject({ version }: ListedObject, path: string): void {
    const slash = path.indexOf('/');
    if (path === '') this.marker = version;
    else if (slash < 0) this.name(path).object = version;
    else {
      const found = this.name(path.slice(0, slash));
      if (!(found.below instanceof ListedDirectory)) found.below = new ListedDirectory();
      found.below.addObject({ key: '', version }, path.slice(slash + 1));
    }
  }
}

/**
 * Everything directly below a prefix.
 * @param maxPages requests it may take
 * @returns undefined where that is not enough
 * @throws StoreError
 */
export async function listDirectory(
  store: ObjectStore,
  prefix: string,
  maxPages = Number.POSITIVE_INFINITY,
): Promise<ListedDirectory | undefined> {
  const directory = new ListedDirectory();
  const done = await eachPage(store, { prefix, delimiter: '/' }, maxPages, (page) => directory.addPage(page, prefix));
  return done ? directory : undefined;
}

/** As `listDirectory`, with everything below the directories as well. */
export async function listTree(
  store: ObjectStore,
  prefix: string,
  maxPages: number,
): Promise<ListedDirectory | undefined> {
  const directory = new ListedDirectory();
  const done = await eachPage(store, { prefix }, maxPages, ({ objects }) => {
    for (const object of objects) directory.addObject(object, object.key.slice(prefix.length));
  });
  return done ? directory : undefined;
}

async function eachPage(
  store: ObjectStore,
  request: { readonly prefix: string; readonly delimiter?: '/' },
  maxPages: number,
  take: (page: ListPage) => void,
): Promise<boolean> {
  let continuation: string | undefined;
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await store.list(continuation === undefined ? request : { ...request, continuation });
    take(page);
    continuation = page.continuation;
    if (continuation === undefined) return true;
  }
  return false;
}
