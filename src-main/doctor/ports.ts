/** Whether the gateway can listen where clients look for it. */
import { fail, good, warn, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const nfsPort = 2049;
const portmapperPort = 111;

/** @param isOurs whether a gateway of this user runs, which has the port then */
export async function ports(machine: Machine, isOurs: boolean): Promise<readonly Finding[]> {
  const findings = [await nfs(machine, isOurs)];
  if (machine.platform === 'win32') findings.push(await portmapper(machine, isOurs));
  return findings;
}

async function nfs({ listen, platform }: Machine, isOurs: boolean): Promise<Finding> {
  const check = `port ${nfsPort}`;
  const free = await listen(nfsPort);
  if (free === true) return good(check, 'It is free.');
  if (isOurs) return good(check, 'A gateway of yours has it.');
  if (free === 'EADDRINUSE')
    return warn(
      check,
      'Another program listens there, such as the NFS server of the system.',
      `Stop that one${platform === 'linux' ? ' (sudo systemctl disable --now nfs-server)' : ''}, or give the gateway another port: --bind 127.0.0.1:20490.`,
    );
  return fail(check, `It cannot be listened on (${free}).`, 'Allow Windlass through security software, or use --bind.');
}

async function portmapper({ listen }: Machine, isOurs: boolean): Promise<Finding> {
  const check = `port ${portmapperPort}`;
  const free = await listen(portmapperPort);
  if (free === true || isOurs) return good(check, 'Windows finds the gateway by it.');
  return fail(
    check,
    `Windows finds NFS servers by it, and it cannot be had (${free}).`,
    'Stop the other NFS server or portmapper of this machine.',
  );
}
