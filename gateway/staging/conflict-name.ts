const encoder = new TextEncoder();
const maxName = 255;

/** Why a version lies beside the one that has the name. */
export type Beside =
  /** Somebody else has written the same file. */
  | 'conflict'
  /** As `conflict`, and some of its bytes were lost with the version that it was based on. */
  | 'incomplete'
  /** Written before a crash by a program that did not come back. */
  | 'recovered';

/**
 * `NAME (conflict HOST DATE).EXT`, cut so that it fits a name, and numbered where it is taken.
 *
 * @param isTaken whether an entry of that name exists
 */
export function conflictName(
  name: string,
  why: Beside,
  host: string,
  date: Date,
  isTaken: (name: string) => boolean,
): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 && name.length - dot <= 16 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const stamp = date.toISOString().slice(0, 19).replaceAll(':', '-');
  for (let count = 1; ; count++) {
    const tail = ` (${why} ${host.slice(0, 64)} ${stamp}${count === 1 ? '' : ` ${count}`})${extension}`;
    const characters = Array.from(stem);
    while (encoder.encode(characters.join('') + tail).length > maxName) characters.pop();
    const candidate = characters.join('') + tail;
    if (!isTaken(candidate)) return candidate;
  }
}
