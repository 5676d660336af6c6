import { expect, it } from 'vitest';
import { maxFile, maxTransfer } from '../../filesystem/limits.ts';
import { FsProperty } from '../codec/file-systems.ts';
import { Nfs3Server } from '../testing/nfs3-server.ts';
import { fsinfo } from './fsinfo.ts';
import { fsstat } from './fsstat.ts';
import { pathconf } from './pathconf.ts';

it('FSSTAT has room for everything', async () => {
  const client = await (await Nfs3Server.start()).mount();
  const { attributes, totalBytes, availableBytes } = await client.ok(fsstat, { object: client.root });
  expect([attributes?.type, totalBytes, availableBytes]).toEqual(['directory', 2 ** 50, 2 ** 50]);
});

it('FSINFO names what one READ and WRITE can carry, and no hard links', async () => {
  const client = await (await Nfs3Server.start()).mount();
  const { readMax, writeMax, maxFileSize, properties } = await client.ok(fsinfo, { object: client.root });
  expect([readMax, writeMax, maxFileSize]).toEqual([maxTransfer, maxTransfer, maxFile]);
  expect(properties & FsProperty.LINK).toBe(0);
  expect(properties & FsProperty.CANSETTIME).not.toBe(0);
});

it('PATHCONF says that names keep their case and their length', async () => {
  const client = await (await Nfs3Server.start()).mount();
  const told = await client.ok(pathconf, { object: client.root });
  expect(told).toMatchObject({ nameMax: 255, noTruncation: true, caseInsensitive: false, casePreserving: true });
});
