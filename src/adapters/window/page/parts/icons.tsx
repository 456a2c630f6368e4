const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.8,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <g {...line} stroke="var(--on-accent)" strokeWidth={2.6}>
        <path d="M9 7v9M16 7v14M23 7v9" />
        <path d="M11.5 17 16 21.5 20.5 17" />
        <path d="M8 26h16" />
      </g>
    </svg>
  );
}

const paths = {
  pause: 'M7 5v10M13 5v10',
  play: 'M7 4.5v11l8.5-5.5z',
  stop: 'M6 6h8v8H6z',
  first: 'M6 5v10M15 5.5 9 10l6 4.5z',
  previous: 'M12.5 5 7.5 10l5 5',
  next: 'M7.5 5l5 5-5 5',
  last: 'M14 5v10M5 5.5 11 10l-6 4.5z',
  plus: 'M10 4.5v11M4.5 10h11',
  minus: 'M4.5 10h11',
  fit: 'M4 8V4h4M16 8V4h-4M4 12v4h4M16 12v4h-4',
  follow: 'M10 3v3M10 14v3M3 10h3M14 10h3M10 7.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5',
  back: 'M12 4.5 6.5 10l5.5 5.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} {...line} {...(name === 'play' || name === 'stop' ? { fill: 'currentColor' } : {})} />
    </svg>
  );
}
