import { printable } from '../format.ts';

/** Entries of one value that are shown; what is beyond is counted. */
const MOST = 200;

/** A value as collapsible JSON. */
export function JsonTree({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="json" aria-label={label} tabIndex={0}>
      <Entries value={value} />
    </section>
  );
}

function Entries({ value }: { readonly value: unknown }) {
  const entries = Object.entries(value ?? {});
  if (entries.length === 0) return <p className="hint">Nothing.</p>;
  return (
    <ul>
      {entries.slice(0, MOST).map(([key, inner]) => (
        <li key={key}>
          <Entry name={key} value={inner} />
        </li>
      ))}
      {entries.length > MOST && <li className="hint">and {entries.length - MOST} more</li>}
    </ul>
  );
}

function Entry({ name, value }: { readonly name: string; readonly value: unknown }) {
  const isGroup = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isGroup) {
    return (
      <span className="json-line">
        <span className="json-key">{name}</span> <Scalar value={value} />
      </span>
    );
  }
  return (
    <details>
      <summary>
        <span className="json-key">{name}</span> <span className="json-brief">{brief(value)}</span>
      </summary>
      <Entries value={value} />
    </details>
  );
}

function Scalar({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <span className="json-string">"{printable(value)}"</span>;
  if (typeof value === 'object' && value !== null) return <span className="json-brief">{brief(value)}</span>;
  return <span className="json-number">{String(value)}</span>;
}

function brief(value: object): string {
  return Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).slice(0, 3).join(', ')}}`;
}
