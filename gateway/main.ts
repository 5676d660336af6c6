/** The gateway as its parents see it: started with a configuration that holds everything, secrets included. */
import type { GatewayConfiguration } from './configuration.ts';
import type { Answer, ControlConnection } from './control.ts';
import { Gateway, type StopOptions } from './gateway.ts';
import type { Log } from './log.ts';
import { startErrorFor } from './start-error.ts';

export { GatewayStartError, type GatewayStartErrorCode } from './start-error.ts';
export { Probe, type BucketsOutcome, type ProbeFailure, type ProbeOutcome } from './probe.ts';
export { stderrLog, type LogLevel } from './stderr-log.ts';
export type { Log } from './log.ts';
export type { StopOptions } from './gateway.ts';

export interface RunningGateway {
  readonly address: string;
  /** The real one, also where the configuration says 0. */
  readonly port: number;
  /**
   * Ends it. Without `finishUploads` what is not in S3 yet stays staged and goes up after the next start; nothing that
   * was committed is lost either way. Idempotent.
   */
  stop(options: StopOptions): Promise<void>;
  /** A connection for what control.ts says; `send` is called with each answer and event. */
  connect(send: (answer: Answer) => void): ControlConnection;
  /** Resolves when the gateway was asked over such a connection to end; ending it is the parent's. */
  readonly stopAsked: Promise<{ readonly finishUploads: boolean }>;
}

/**
 * Starts a gateway in this process; it serves once the promise is kept.
 *
 * @throws GatewayStartError for what the user can do something about
 */
export async function runGateway(configuration: GatewayConfiguration, log: Log): Promise<RunningGateway> {
  let gateway: Gateway;
  try {
    gateway = await Gateway.start(configuration, log);
  } catch (error) {
    throw startErrorFor(error, configuration) ?? error;
  }
  let stopped: Promise<void> | undefined;
  return {
    address: gateway.address,
    port: gateway.port,
    connect: (send) => gateway.connect(send),
    stopAsked: gateway.stopAsked.then((finishUploads) => ({ finishUploads })),
    stop: (options) => (stopped ??= gateway.stop(options)),
  };
}
