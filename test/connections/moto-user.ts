/** Users of moto's IAM, whose rights it checks while one is there. */
import { randomUUID } from 'node:crypto';
import type { Keys } from '../../src-main/api/connections.ts';
import type { S3Server } from '../s3/servers.ts';

export interface MotoUser extends AsyncDisposable {
  readonly keys: Keys;
}

/** A user who may do nothing but what the statement allows. */
export async function forbiddenUser(
  server: S3Server,
  statement: { readonly Action: readonly string[]; readonly Resource: string },
): Promise<MotoUser> {
  const name = randomUUID();
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
  await ask(server, { Action: 'CreateUser', UserName: name });
  await ask(server, {
    Action: 'PutUserPolicy',
    UserName: name,
    PolicyName: 'rights',
    PolicyDocument: JSON.stringify(policy),
  });
  const made = await ask(server, { Action: 'CreateAccessKey', UserName: name });
  const text = (element: string): string => new RegExp(`<${element}>([^<]+)</${element}>`).exec(made)?.[1] ?? '';
  await checkRights(server, '0');
  return {
    keys: { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') },
    [Symbol.asyncDispose]: () => checkRights(server, 'inf'),
  };
}

/** moto tells its services apart by the scope of the signature, which it does not look at otherwise. */
async function ask({ endpoint }: S3Server, parameters: Readonly<Record<string, string>>): Promise<string> {
  const reply = await fetch(`${endpoint}/`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request' },
    body: new URLSearchParams({ ...parameters, Version: '2010-05-08' }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`moto's IAM answered ${reply.status}: ${text}`);
  return text;
}

/** @param after how many requests from now on are let through unchecked */
async function checkRights({ endpoint }: S3Server, after: string): Promise<void> {
  const reply = await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: after });
  if (!reply.ok) throw new Error(`moto answered ${reply.status}`);
}
