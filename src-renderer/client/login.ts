/**
 * The login of a browser: a code becomes a token, kept in sessionStorage and sent as a header. No cookie: browsers send
 * those to every port of a host, and so to other users' servers.
 */
import { z } from 'zod';
import { problem, ProblemError } from '../../src-main/api/problem.ts';
import { texts } from '../texts.ts';

const key = 'windlass-token';
const answer = z.object({ token: z.string() });

export const keptToken = (): string | undefined => sessionStorage.getItem(key) ?? undefined;
export const forgetToken = (): void => sessionStorage.removeItem(key);

/** The code in the address, which is taken out of it, so that it stays in no history. */
export function takeCode(): string | undefined {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, '', location.pathname);
  return code;
}

/** @throws ProblemError */
export async function login(code: string): Promise<string> {
  const response = await fetch('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
    credentials: 'omit',
  }).catch((cause: unknown) => {
    throw ProblemError.of('gateway', texts.problems.gone.detail, texts.problems.gone.remedy, { cause });
  });
  const told: unknown = await response.json().catch(() => undefined);
  const refused = problem.safeParse(told);
  if (refused.success) throw new ProblemError(refused.data);
  const { token } = answer.parse(told);
  sessionStorage.setItem(key, token);
  return token;
}

export async function logout(token: string): Promise<void> {
  forgetToken();
  await fetch('/logout', { method: 'POST', headers: { authorization: `Bearer ${token}` }, credentials: 'omit' });
}
