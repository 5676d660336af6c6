import { useEffect, useRef, useState } from 'react';
import { login } from '../client/login.ts';
import { ProblemBox } from '../components/problem-box.tsx';
import { TextField } from '../components/field.tsx';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';

export function LoginView(props: {
  /** From the address: used at once. */
  readonly code: string | undefined;
  readonly onSignedIn: (token: string) => void;
}) {
  const { code: given, onSignedIn } = props;
  const [code, setCode] = useState('');
  const { isRunning, problem, run } = useAction();
  const used = useRef<string>(undefined);
  useEffect(() => {
    // Once: a second try would find the code used.
    if (given === undefined || used.current === given) return;
    used.current = given;
    void run(async () => onSignedIn(await login(given)));
  }, [given, onSignedIn, run]);
  return (
    <main className="login">
      <h1>{texts.login.title}</h1>
      <p>{texts.login.explanation}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => onSignedIn(await login(code.trim())));
        }}
      >
        <TextField label={texts.login.code} value={code} onChange={setCode} autoFocus />
        {problem !== undefined && <ProblemBox problem={problem} />}
        <button type="submit" className="primary" disabled={isRunning || code.trim() === ''}>
          {isRunning ? texts.login.running : texts.login.submit}
        </button>
      </form>
    </main>
  );
}
