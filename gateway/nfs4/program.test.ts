import { expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { XdrError, XdrReader, XdrWriter } from '../rpc/xdr.ts';
import type { RpcCall } from '../rpc/program.ts';
import { Nfs4Program } from './program.ts';
import type { ServerState } from './state/server-state.ts';
import { fakeConnection } from './testing/compound-client.ts';
import { MemoryFileSystem } from './testing/memory-file-system.ts';

const program = new Nfs4Program({
  fileSystem: new MemoryFileSystem(),
  state: { leaseSeconds: 60 } as unknown as ServerState,
  log: silentLog,
});
const callOf = (procedure: number, body = Buffer.alloc(0)): RpcCall => ({
  xid: 1,
  version: 4,
  procedure,
  credential: { flavor: 'none' },
  connection: fakeConnection('192.0.2.1'),
  arguments: new XdrReader(body),
  recordSize: body.length,
});

it('is program 100003, version 4', () => {
  expect([program.program, program.versions]).toEqual([100003, [4]]);
});

it('answers nothing to NULL and knows no procedure beyond COMPOUND', async () => {
  const results = new XdrWriter();
  expect(await program.perform(callOf(0), results)).toBe('done');
  expect(results.length).toBe(0);
  expect(await program.perform(callOf(2), results)).toBe('unknown procedure');
});

it('leaves it to the RPC layer to refuse a COMPOUND whose head cannot be read', () => {
  expect(() => program.perform(callOf(1, Buffer.alloc(8)), new XdrWriter())).toThrow(XdrError);
});
