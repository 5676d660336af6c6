/** Adds a connection step by step, or changes one: service, sign-in, test, drive. */
import { useState } from 'react';
import { preset as presetSchema, type Connection, type ConnectionTest } from '../../src-main/api/connections.ts';
import { presets } from '../../src-main/api/presets.ts';
import type { Windlass } from '../client/windlass.ts';
import { Dialog } from '../components/dialog.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { emptyForm, formOf, readForm, type ConnectionForm, type FormErrors } from '../model/connection-form.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';
import { ConnectionFields } from './connection-fields.tsx';
import { DriveFields } from './drive-fields.tsx';
import { TestResults } from './test-results.tsx';

const words = texts.assistant;
type Step = 'service' | 'sign-in' | 'test' | 'drive';
const steps: readonly Step[] = ['service', 'sign-in', 'test', 'drive'];

export function Assistant(props: {
  readonly windlass: Windlass;
  /** undefined: a new one. */
  readonly connection: Connection | undefined;
  readonly connections: readonly Connection[];
  readonly onClose: () => void;
}) {
  const { windlass, connections, onClose } = props;
  const [step, setStep] = useState<Step>(props.connection === undefined ? 'service' : 'sign-in');
  const [form, setForm] = useState<ConnectionForm>(props.connection ? formOf(props.connection) : emptyForm);
  const [errors, setErrors] = useState<FormErrors>({});
  const [kept, setKept] = useState(props.connection);
  const [result, setResult] = useState<ConnectionTest>();
  const action = useAction();
  const failed = result?.steps.some(({ outcome }) => outcome === 'failed') === true;

  const keepAndTest = async (): Promise<void> => {
    const read = readForm(form, kept?.hasKeys === true);
    setErrors('errors' in read ? read.errors : {});
    if ('errors' in read) return;
    const isDone = await action.run(async () => {
      const { name, ...changes } = read.connection;
      const now =
        kept === undefined
          ? await windlass.addConnection({ body: read.connection })
          : await windlass.changeConnection({ name, body: changes });
      setKept(now);
      setResult(await windlass.testConnection({ name }));
    });
    if (isDone) setStep('test');
  };

  return (
    <Dialog title={props.connection === undefined ? words.add : words.change(props.connection.name)} onClose={onClose}>
      <ol className="steps" aria-label={words.stepOf(steps.indexOf(step) + 1, steps.length)}>
        {steps.map((one, index) => (
          <li key={one} aria-current={one === step ? 'step' : undefined}>
            {words.steps[index]}
          </li>
        ))}
      </ol>
      {step === 'service' && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setStep('sign-in');
          }}
        >
          <fieldset>
            <legend>{words.service}</legend>
            <div className="presets">
              {presetSchema.options.map((one) => (
                <label key={one} className="preset">
                  <input
                    type="radio"
                    name="preset"
                    autoFocus={form.preset === one}
                    data-autofocus={form.preset === one}
                    checked={form.preset === one}
                    onChange={() => setForm({ ...form, preset: one })}
                  />
                  {presets[one].title}
                </label>
              ))}
            </div>
          </fieldset>
          <footer>
            <button type="button" onClick={onClose}>
              {texts.cancel}
            </button>
            <button type="submit" className="primary">
              {words.next}
            </button>
          </footer>
        </form>
      )}
      {step === 'sign-in' && (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void keepAndTest();
          }}
        >
          <ConnectionFields
            form={form}
            errors={errors}
            isKept={kept !== undefined}
            hasKeys={kept?.hasKeys === true}
            onChange={(changes) => setForm((before) => ({ ...before, ...changes }))}
          />
          {action.problem !== undefined && <ProblemBox problem={action.problem} />}
          <footer>
            <button type="button" onClick={kept === undefined ? () => setStep('service') : onClose}>
              {kept === undefined ? texts.back : texts.cancel}
            </button>
            <button type="submit" className="primary" disabled={action.isRunning}>
              {action.isRunning ? words.testing : words.test}
            </button>
          </footer>
        </form>
      )}
      {step === 'test' && result !== undefined && (
        <>
          <TestResults result={result} />
          <footer>
            <button type="button" autoFocus={!failed} onClick={onClose}>
              {words.done}
            </button>
            {failed ? (
              <button type="button" className="primary" autoFocus onClick={() => setStep('sign-in')}>
                {words.again}
              </button>
            ) : (
              <button type="button" className="primary" onClick={() => setStep('drive')}>
                {words.goOn}
              </button>
            )}
          </footer>
        </>
      )}
      {step === 'drive' && (
        <DriveFields
          windlass={windlass}
          connections={connections}
          connection={kept?.name}
          buckets={result?.buckets?.map(({ name }) => name)}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}
