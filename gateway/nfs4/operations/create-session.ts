import { createSessionArguments, createSessionResult } from '../codec/sessions.ts';
import type { CreateSessionArguments, CreateSessionResult } from '../codec/sessions.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.36. */
export const createSession: Operation<CreateSessionArguments, CreateSessionResult> = {
  opcode: Opcode.CREATE_SESSION,
  name: 'CREATE_SESSION',
  minorVersions: [1, 2],
  arguments: createSessionArguments,
  result: createSessionResult,
  perform: ({ caller, connection, minorVersion, state }, args) =>
    state.clients41.createSession(args, caller.uid, connection, minorVersion),
};
