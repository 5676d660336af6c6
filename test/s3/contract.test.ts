/** The object-store contract on real S3 servers. */
import { describe, it } from 'vitest';
import { describeObjectStore, type Shortcomings } from '../../gateway/store/contract.ts';
import { openS3Store } from '../../gateway/store/s3/open.ts';
import { orReason } from '../lab/unavailable.ts';
import { connectionTo } from './connection.ts';
import { startMoto, startVersitygw, type S3Server } from './servers.ts';

async function describeServer(name: string, start: () => Promise<S3Server>, shortcomings: Shortcomings): Promise<void> {
  const server = await orReason(start);
  if ('reason' in server) {
    describe.skip(`${name} as an object store: ${server.reason}`, () => it('is left out', () => undefined));
    return;
  }
  const { made } = server;
  const makeStore = async () => {
    await made.createBucket('contract');
    const store = await openS3Store(connectionTo(made), 'contract');
    return { store, cleanUp: () => made.stop() };
  };
  describeObjectStore(name, makeStore, shortcomings);
}

await describeServer('moto', startMoto, { keys: ['a line feed'], latePart: true });
await describeServer('versitygw', startVersitygw, {
  // Keys are paths of a file system there.
  keys: ['a control character', 'two slashes', 'a leading slash', 'a dot component', 'two dots', 'a long component'],
  fileBesideFolder: true,
});
