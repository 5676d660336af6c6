/** Whether keys can be kept in the keychain. */
import { SecretError, type SecretStore } from '../connections/secrets.ts';
import { fail, good, warn, type Finding } from './finding.ts';

const check = 'keychain';

/** @param isNeeded whether a connection has its keys there */
export async function keychain(store: SecretStore, isNeeded: boolean): Promise<Finding> {
  try {
    // Nothing is stored under a name that no connection can have.
    await store.get('(doctor)');
    return good(check, 'It answers.');
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    const [detail = '', remedy = ''] = error.message.split(/:\s+(.*)/s, 2);
    const sentence = `${detail}.`;
    const whatToDo = remedy.charAt(0).toUpperCase() + remedy.slice(1);
    return isNeeded ? fail(check, sentence, whatToDo) : warn(check, `${sentence} No connection needs it.`, whatToDo);
  }
}
