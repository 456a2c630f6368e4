import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { StartRequest } from '../../protocol.ts';
import { useWindow } from '../parts/use-window.ts';
import { checkForm, type FormText } from './form-check.ts';

interface NewDownloadProps {
  readonly onStarted: (download: string) => void;
  readonly onCancel?: () => void;
}

let requests = 0;

type Faults = Partial<Record<keyof StartRequest | 'form', string>>;

export function NewDownload({ onStarted, onCancel }: NewDownloadProps) {
  const { store, say, isConnected } = useWindow();
  const [faults, setFaults] = useState<Faults>({});
  const [request, setRequest] = useState<number | null>(null);
  const form = useRef<HTMLFormElement>(null);

  const started = request === null ? undefined : store.started.get(request);
  const refusal = request === null ? undefined : store.refusals.get(request);
  useEffect(() => {
    if (started !== undefined) onStarted(started);
  }, [started, onStarted]);
  useEffect(() => {
    if (!refusal) return;
    setRequest(null);
    setFaults({ [refusal.field ?? 'form']: refusal.message });
  }, [refusal]);
  useEffect(() => {
    if (Object.keys(faults).length === 0) return;
    // The first field at fault, so that it is read out and can be mended at once.
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [faults]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const field = (name: keyof StartRequest) => String(data.get(name) ?? '');
    const text: FormText = {
      url: field('url'),
      folder: field('folder'),
      name: field('name'),
      connections: field('connections'),
      checksum: field('checksum'),
      rateLimit: field('rateLimit'),
    };
    const checked = checkForm(text);
    setFaults(checked.ok ? {} : checked.faults);
    if (!checked.ok) return;
    requests++;
    setRequest(requests);
    say({ type: 'start', request: requests, form: checked.request });
  };

  return (
    <form ref={form} className="panel new-download" onSubmit={submit} noValidate aria-label="New download">
      <Field label="Address of the file" name="url" fault={faults.url} wide>
        {(field) => (
          // biome-ignore lint/a11y/noAutofocus: the form was asked for, and this is what it is about
          <input {...field} type="url" inputMode="url" placeholder="https://example.org/file.iso" autoFocus />
        )}
      </Field>
      <Field label="Folder" name="folder" fault={faults.folder}>
        {(field) => (
          <select {...field}>
            {store.roots.map((root) => (
              <option key={root}>{root}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Name" name="name" fault={faults.name} hint="Left empty, the server names the file.">
        {(field) => <input {...field} />}
      </Field>
      <details className="more wide" open={Boolean(faults.connections ?? faults.checksum ?? faults.rateLimit)}>
        <summary>Connections, checksum, rate limit</summary>
        <div className="fields">
          <Field label="Connections" name="connections" fault={faults.connections} hint="1 to 64, or auto.">
            {(field) => <input {...field} inputMode="numeric" placeholder="auto" />}
          </Field>
          <Field label="Rate limit" name="rateLimit" fault={faults.rateLimit} hint="Bytes a second: 500K, 1.5M.">
            {(field) => <input {...field} placeholder="none" />}
          </Field>
          <Field
            label="Checksum"
            name="checksum"
            fault={faults.checksum}
            hint="sha256:… or the like, or auto: a checksum file beside it."
            wide
          >
            {(field) => <input {...field} placeholder="sha256:..." />}
          </Field>
        </div>
      </details>
      {faults.form && (
        <p className="fault wide" role="alert">
          {faults.form}
        </p>
      )}
      <div className="actions wide">
        <button type="submit" className="button primary" disabled={!isConnected || request !== null}>
          {request === null ? 'Download' : 'Starting'}
        </button>
        {onCancel && (
          <button type="button" className="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: keyof StartRequest;
  readonly fault: string | undefined;
  readonly hint?: string;
  readonly wide?: boolean;
  readonly children: (field: {
    readonly id: string;
    readonly name: string;
    readonly 'aria-invalid': boolean;
    readonly 'aria-describedby': string | undefined;
    readonly autoComplete: 'off';
    readonly spellCheck: false;
  }) => ReactNode;
}

function Field({ label, name, fault, hint, wide, children }: FieldProps) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div className={wide ? 'field wide' : 'field'}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        name,
        'aria-invalid': fault !== undefined,
        'aria-describedby': note === undefined ? undefined : `${id}-note`,
        autoComplete: 'off',
        spellCheck: false,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} className={fault === undefined ? 'hint' : 'fault'}>
          {note}
        </p>
      )}
    </div>
  );
}
