/** Signs in, and then shows the window. */
import { useMemo, useState } from 'react';
import { fetchWindlass } from './client/fetch-windlass.ts';
import { forgetToken, keptToken, logout } from './client/login.ts';
import { LoginView } from './views/login.tsx';
import { MainWindow } from './views/main-window.tsx';

export function App({ code }: { readonly code: string | undefined }) {
  // A code in the address is a wish to sign in anew.
  const [token, setToken] = useState(code === undefined ? keptToken() : undefined);
  const windlass = useMemo(() => {
    if (token === undefined) return undefined;
    const onSignedOut = (): void => {
      forgetToken();
      setToken(undefined);
    };
    return fetchWindlass({ token, onSignedOut, fetch: (input, init) => fetch(input, init) });
  }, [token]);
  if (windlass === undefined || token === undefined) return <LoginView code={code} onSignedIn={setToken} />;
  const signOut = (): void => {
    // The token is forgotten here whatever the server says; it ends there with it.
    void logout(token).catch(() => undefined);
    setToken(undefined);
  };
  return <MainWindow windlass={windlass} onSignOut={signOut} />;
}
