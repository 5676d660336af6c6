/** All that the window knows of the service, whatever carries it. */
import type { Event } from '../../src-main/api/events.ts';
import type { Api } from '../../src-main/api/routes.ts';

/** The API's routes as functions, and its events. */
export interface Windlass extends Api {
  /** Until the signal aborts. @throws ProblemError where the service goes away */
  readonly events: (signal: AbortSignal) => AsyncGenerator<Event>;
}
