/** The connections that a command works on, without keys in its arguments or its output. */
import { Connections } from '../connections/connections.ts';
import { connectionHandlers, type ConnectionHandlers } from '../connections/connection-handlers.ts';
import { Keychain } from '../connections/keychain.ts';
import { SessionSecrets } from '../connections/secrets.ts';
import { folders } from '../folders.ts';

export type ConnectionApi = ConnectionHandlers;

/** Opens them, does the work, and lets go. @throws ProblemError, SettingsFileError */
export async function withConnections<T>(work: (api: ConnectionApi) => Promise<T>): Promise<T> {
  const connections = await Connections.open({
    folder: folders().config,
    keychain: new Keychain(),
    session: new SessionSecrets(),
  });
  // Nothing of them is served here, so nothing waits to be sent.
  return work(connectionHandlers({ connections, unsentBytes: () => 0, settle: () => Promise.resolve() }));
}
