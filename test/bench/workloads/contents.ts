/** Objects that several workloads begin with. */
import type { Content } from './workload.ts';

/** Makes `work/` exist whatever happens inside it. */
export const workDirectory: Readonly<Record<string, Content>> = { 'work/': { repeat: '', bytes: 0 } };

/** 64 MiB, as `yes windlass | head -c 67108864` writes it. */
export const large: Content = { repeat: 'windlass\n', bytes: 64 * 1024 * 1024 };

/** 4 KiB of the file's own number. */
export function small(number: string): Content {
  return { repeat: `${number}\n`, bytes: 4096 };
}

/** `001` to COUNT, as `seq -w COUNT` prints them. */
export function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1).padStart(String(count).length, '0'));
}

/** `PREFIXfile-001` to `PREFIXfile-COUNT`. */
export function smallFiles(prefix: string, count: number): Readonly<Record<string, Content>> {
  return Object.fromEntries(numbers(count).map((number) => [`${prefix}file-${number}`, small(number)]));
}

/** 200 small files in 20 directories. */
export function tree(prefix: string): Readonly<Record<string, Content>> {
  const directories = numbers(20).map((number) => smallFiles(`${prefix}directory-${number}/`, 10));
  return Object.assign({}, ...directories) as Record<string, Content>;
}

/** Shell that makes `tree` in a folder that is there. */
export function treeIn(folder: string): string {
  return `for d in $(seq -w 20); do
  mkdir "${folder}/directory-$d"
  for i in $(seq -w 10); do yes "$i" | head -c 4096 > "${folder}/directory-$d/file-$i"; done
done`;
}
