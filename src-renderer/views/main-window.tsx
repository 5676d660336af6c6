/** The frame: navigation, the state of the service, and the view that the address names. */
import { useEffect, useState } from 'react';
import icon from '../../assets/icon.svg';
import type { Windlass } from '../client/windlass.ts';
import { useService, type Service } from '../model/use-service.ts';
import type { State } from '../model/state.ts';
import { texts } from '../texts.ts';
import { ActivityView } from './activity.tsx';
import { ConnectionsView } from './connections.tsx';
import { DrivesView } from './drives.tsx';
import { NoticesView } from './notices.tsx';

export interface ViewProps {
  readonly windlass: Windlass;
  readonly state: State;
  readonly reload: Service['reload'];
}

const views = {
  connections: ConnectionsView,
  drives: DrivesView,
  activity: ActivityView,
  notices: NoticesView,
} as const;
type ViewName = keyof typeof views;
const names = Object.keys(views) as readonly ViewName[];

const nameInAddress = (): ViewName => names.find((name) => location.hash === `#/${name}`) ?? 'connections';

export function MainWindow(props: { readonly windlass: Windlass; readonly onSignOut: () => void }) {
  const { windlass, onSignOut } = props;
  const { state, isLive, reload } = useService(windlass);
  const [view, setView] = useState(nameInAddress);
  useEffect(() => {
    const follow = (): void => setView(nameInAddress());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    document.title = `${texts.views[view]} – ${texts.appName}`;
  }, [view]);
  const View = views[view];
  return (
    <div className="frame">
      <nav aria-label={texts.navigation}>
        <p className="brand">
          <img src={icon} alt="" />
          {texts.appName}
        </p>
        <ul>
          {names.map((name) => (
            <li key={name}>
              <a href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
                {texts.views[name]}
                <Count number={countOf(name, state)} isBad={name === 'activity'} />
              </a>
            </li>
          ))}
        </ul>
        <button type="button" className="plain" onClick={onSignOut}>
          {texts.signOut}
        </button>
      </nav>
      <main>
        {state !== undefined && !isLive && (
          <p className="lost" role="alert">
            {texts.lost}
          </p>
        )}
        {state === undefined ? (
          <p role="status">{texts.loading}</p>
        ) : (
          <View key={view} windlass={windlass} state={state} reload={reload} />
        )}
      </main>
    </div>
  );
}

/** What asks for attention in a view. */
function countOf(name: ViewName, state: State | undefined): number {
  if (state === undefined) return 0;
  if (name === 'notices') return state.notices.length;
  return name === 'activity' ? state.transfers.transfers.filter((one) => one.state === 'failed').length : 0;
}

function Count({ number, isBad }: { readonly number: number; readonly isBad: boolean }) {
  return number === 0 ? null : <span className={isBad ? 'count bad' : 'count'}>{number}</span>;
}
