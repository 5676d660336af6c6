/** Why a command failed, in one sentence for the user; exit status 1. Never a secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command line itself is wrong; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
