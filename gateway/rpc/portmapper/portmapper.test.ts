import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../log.ts';
import type { RpcProgram } from '../program.ts';
import { serve } from '../testing/serve.ts';
import { callBytes } from '../testing/raw-connection.ts';
import { boolean, encode, XdrReader } from '../xdr.ts';
import { RpcClient } from '../client.ts';
import { decodeMessage } from '../message.ts';
import {
  binding,
  bindings,
  mapping,
  mappings,
  portOf,
  portmapperProgram,
  Protocol,
  universalAddress,
} from './codec.ts';
import { PortmapperError } from './error.ts';
import { openPortmapper, type PortmapperOptions } from './portmapper.ts';
import type { Service } from './program.ts';

const services: Service[] = [
  { program: 100003, version: 3, transport: 'tcp', port: 2049 },
  { program: 100003, version: 4, transport: 'tcp', port: 2049 },
  { program: 100005, version: 3, transport: 'udp', port: 2050 },
  { program: 100021, version: 4, transport: 'tcp', port: 2049 },
];
const nowhere = { socket: '/nowhere/rpcbind.sock', host: '127.0.0.1', port: 1 };
const options: PortmapperOptions = {
  address: '127.0.0.1',
  services,
  dispensable: new Set([100021]),
  allow: [],
  log: silentLog,
  rpcbind: nowhere,
};

/** A port that nobody has, over TCP and UDP. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function begin() {
  const port = await freePort();
  const portmapper = await openPortmapper({ ...options, port });
  onTestFinished(() => portmapper.close());
  const client = await RpcClient.connect('127.0.0.1', port);
  onTestFinished(() => client.close());
  const ask = (version: number, procedure: number, args: Buffer = Buffer.alloc(0)): Promise<XdrReader> =>
    client.call(portmapperProgram, version, procedure, { flavor: 'none' }, (writer) => writer.bytes(args));
  return { port, portmapper, ask };
}
const asked = (program: number, version: number, protocol: number) =>
  encode(mapping, { program, version, protocol, port: 0 });

describe('the portmapper', () => {
  it('says by GETPORT where a program is, also one of another version, and 0 where none is', async () => {
    const { ask } = await begin();
    const port = async (...of: [number, number, number]): Promise<number> => (await ask(2, 3, asked(...of))).uint32();
    expect(await port(100003, 3, Protocol.tcp)).toBe(2049);
    expect(await port(100003, 2, Protocol.tcp)).toBe(2049);
    expect(await port(100005, 3, Protocol.udp)).toBe(2050);
    expect(await port(100005, 3, Protocol.tcp)).toBe(0);
    expect(await port(100024, 1, Protocol.tcp)).toBe(0);
    expect(await port(100003, 3, 99)).toBe(0);
  });

  it('lists everything by DUMP, itself included', async () => {
    const { ask } = await begin();
    const listed = mappings.decode(await ask(2, 4));
    expect(listed).toContainEqual({ program: 100005, version: 3, protocol: Protocol.udp, port: 2050 });
    expect(listed).toContainEqual({ program: 100000, version: 2, protocol: Protocol.tcp, port: 111 });
    const bound = bindings.decode(await ask(4, 4));
    expect(bound).toContainEqual({
      ...{ program: 100003, version: 3, netid: 'tcp' },
      ...{ address: '127.0.0.1.8.1', owner: 'windlass' },
    });
  });

  it.each([3, 4])('answers GETADDR of rpcbind version %d with a universal address', async (version) => {
    const { ask } = await begin();
    const address = async (program: number, netid: string): Promise<string> =>
      universalAddress.decode(
        await ask(version, 3, encode(binding, { program, version: 3, netid, address: '', owner: '' })),
      );
    expect(await address(100003, 'tcp')).toBe('127.0.0.1.8.1');
    expect(portOf(await address(100005, 'udp'))).toBe(2050);
    expect(await address(100099, 'tcp')).toBe('');
  });

  it('registers nothing for others', async () => {
    const { ask } = await begin();
    expect(boolean.decode(await ask(2, 1, asked(7, 1, Protocol.tcp)))).toBe(false);
    expect((await ask(2, 3, asked(7, 1, Protocol.tcp))).uint32()).toBe(0);
  });

  it('is there over UDP too', async () => {
    const { port } = await begin();
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    const header = { xid: 77, program: portmapperProgram, version: 2, procedure: 3 };
    socket.send(Buffer.from('no RPC at all'), port, '127.0.0.1');
    socket.send(callBytes(header, asked(100003, 3, Protocol.tcp)), port, '127.0.0.1');
    const [reply] = (await once(socket, 'message')) as [Buffer];
    const message = decodeMessage(reply);
    expect(message).toMatchObject({ type: 'reply', xid: 77, reply: { status: 'success' } });
    if (message.type === 'reply' && message.reply?.status === 'success')
      expect(message.reply.results.uint32()).toBe(2049);
  });
});

describe('where the port is taken', () => {
  /** A machine whose rpcbind has registrations of others. */
  async function rpcbind(others: readonly number[]) {
    const set: string[] = [];
    const program: RpcProgram = {
      program: portmapperProgram,
      versions: [4],
      perform: (call, results) => {
        const { program: number, version, netid, address } = binding.decode(call.arguments);
        const isOthers = others.includes(number);
        if (!isOthers) set.push(`${call.procedure === 1 ? 'set' : 'unset'} ${number}.${version} ${netid} ${address}`);
        boolean.encode(results, !isOthers);
        return Promise.resolve('done');
      },
    };
    const { port } = await serve([{ ...program, versions: [2, 4], perform: asMapping(program) }]);
    return { port, set };
  }

  /** Version 2, as over loopback, told as version 4. */
  function asMapping(program: RpcProgram): RpcProgram['perform'] {
    return (call, results) => {
      if (call.version !== 2) return program.perform(call, results);
      const { program: number, version, protocol, port } = mapping.decode(call.arguments);
      const netid = protocol === Protocol.tcp ? 'tcp' : 'udp';
      const args = encode(binding, { program: number, version, netid, address: String(port), owner: '' });
      return program.perform({ ...call, arguments: new XdrReader(args) }, results);
    };
  }

  it('registers with the rpcbind that has it, and takes everything off again', async () => {
    const { port, set } = await rpcbind([]);
    const place = { ...nowhere, port };
    const portmapper = await openPortmapper({ ...options, port, rpcbind: place });
    expect(portmapper.kind).toBe('rpcbind');
    const registered = ['100003.3 tcp 2049', '100003.4 tcp 2049', '100005.3 udp 2050', '100021.4 tcp 2049'];
    expect(set).toEqual(registered.map((one) => `set ${one}`));
    await portmapper.close();
    expect(set.slice(4)).toEqual(registered.map((one) => `unset ${one}`));
  });

  it('leaves out what it can do without, where another server has that', async () => {
    const { port, set } = await rpcbind([100021]);
    const portmapper = await openPortmapper({ ...options, port, rpcbind: { ...nowhere, port } });
    expect(set.length).toBe(3);
    await portmapper.close();
  });

  it('says so where another NFS server is registered, and leaves nothing behind', async () => {
    const { port, set } = await rpcbind([100005]);
    await expect(openPortmapper({ ...options, port, rpcbind: { ...nowhere, port } })).rejects.toThrow(
      /program 100005, version 3/,
    );
    expect(set.filter((one) => one.startsWith('unset')).length).toBe(2);
  });

  it('says so where what has it is no portmapper', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(openPortmapper({ ...options, port, rpcbind: { ...nowhere, port } })).rejects.toThrow(PortmapperError);
  });
});
