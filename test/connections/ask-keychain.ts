/** ask-keychain.ts set|get|delete…: does it with the keychain of the session that it runs in, and says what came of it. */
import { Keychain } from '../../src-main/connections/keychain.ts';
import { SecretError } from '../../src-main/connections/secrets.ts';

const keychain = new Keychain({ timeLimit: 20_000 });
const connection = 'work';
const actions: Readonly<Record<string, () => Promise<unknown>>> = {
  set: () => keychain.set(connection, { accessKeyId: 'AKIA1', secretAccessKey: 'b' }),
  get: () => keychain.get(connection),
  delete: () => keychain.delete(connection),
};

const said = (result: unknown): string => (result === undefined ? 'nothing' : JSON.stringify(result));

for (const name of process.argv.slice(2)) {
  try {
    console.log(`${name}: ${said(await actions[name]?.())}`);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    console.log(`${name}: ${error.code}`);
  }
}
process.exit(0);
