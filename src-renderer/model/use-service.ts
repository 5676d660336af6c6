/** The state of the service, live: loaded, kept by events, loaded again after the service was away. */
import { useCallback, useEffect, useState } from 'react';
import { ProblemError } from '../../src-main/api/problem.ts';
import type { Windlass } from '../client/windlass.ts';
import { applyEvent, type State } from './state.ts';

export interface Service {
  /** undefined: nothing has come yet. */
  readonly state: State | undefined;
  readonly isLive: boolean;
  /** Asks for everything again: for what no event tells. */
  readonly reload: () => Promise<void>;
}

/** Milliseconds between tries to reach a service that is away. */
const retryDelay = 2000;

/** Milliseconds between looks at rate and requests, which no event tells. */
const refreshInterval = 2000;

export function useService(windlass: Windlass): Service {
  const [state, setState] = useState<State>();
  const [isLive, setLive] = useState(false);
  const reload = useCallback(async () => setState(await load(windlass)), [windlass]);

  useEffect(() => {
    const ended = new AbortController();
    void follow(windlass, ended.signal, setState, setLive);
    const timer = setInterval(() => {
      if (document.hidden) return;
      // What fails here is seen by the stream of events too, which says so.
      windlass.listTransfers({}).then(
        (transfers) => setState((before) => before && { ...before, transfers }),
        () => undefined,
      );
    }, refreshInterval);
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, [windlass]);

  return { state, isLive, reload };
}

async function load(windlass: Windlass): Promise<State> {
  const [connections, mounts, transfers, notices] = await Promise.all([
    windlass.listConnections({}),
    windlass.listMounts({}),
    windlass.listTransfers({}),
    windlass.listNotices({}),
  ]);
  return { connections, mounts, transfers, notices };
}

type SetState = (change: State | ((before: State | undefined) => State | undefined)) => void;

async function follow(
  windlass: Windlass,
  signal: AbortSignal,
  setState: SetState,
  setLive: (isLive: boolean) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      // Heard from before the lists are asked for: what changes in between is not missed.
      const events = windlass.events(signal);
      let next = events.next();
      // It fails together with the lists; one of the two is enough to say so.
      next.catch(() => undefined);
      const loaded = await load(windlass);
      setState(loaded);
      setLive(true);
      for (let result = await next; result.done !== true; result = await next) {
        const event = result.value;
        setState((before) => before && applyEvent(before, event));
        next = events.next();
      }
    } catch (error) {
      setLive(false);
      // Anything but a service that is away is a defect.
      if (!(error instanceof ProblemError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, retryDelay));
  }
}
