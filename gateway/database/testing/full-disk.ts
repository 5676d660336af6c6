/**
 * Fills the disk that a folder lies on and changes a database there, then makes room again; tells what became of it in JSON.
 * Started in a mount namespace of its own, where the folder is a small disk.
 */
import { rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Database } from '../database.ts';

const folder = process.argv[2] as string;
const database = await Database.open(path.join(folder, 'database'));
const texts = database.table<string>('texts');
let count = 0;

/** @returns why the change is not on the disk; undefined: it is */
async function change(): Promise<string | undefined> {
  count++;
  database.transact(() => texts.put([count], 'x'.repeat(2000)));
  try {
    await database.durable();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

await change();
const { bavail, bsize } = await statfs(folder);
await writeFile(path.join(folder, 'filler'), Buffer.alloc((bavail - 8) * bsize, 1));
let refused: string | undefined;
for (let tries = 0; tries < 1000 && refused === undefined; tries++) refused = await change();
let required: unknown;
try {
  database.requireRoom();
} catch (error) {
  required = (error as { code?: string }).code;
}
const again = await change();
const visible = [...texts.range([])].length === count;
await rm(path.join(folder, 'filler'));
const after = await change();
database.requireRoom();
await database.close();
const reopened = await Database.open(path.join(folder, 'database'));
const kept = [...reopened.table<string>('texts').range([])].length === count;
await reopened.close();
process.stdout.write(JSON.stringify({ refused, required, again, visible, after: after ?? 'on the disk', kept }));
