/** Where the service's control socket is, for whoever runs this process. */
import path from 'node:path';
import type { Folders } from '../folders.ts';
import type { ControlAddress } from '../control/control-client.ts';

export function serviceAddress({ runtime }: Pick<Folders, 'runtime'>): ControlAddress {
  return { socketPath: path.join(runtime, 'service.sock') };
}
