import { styleText } from 'node:util';

type Tone = 'dim' | 'accent' | 'good' | 'warn' | 'bad' | 'bold';

const formats = {
  dim: 'dim',
  accent: 'cyan',
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  bold: 'bold',
} as const;

/** How things look here: with colours or without, with drawing characters or plain ASCII. */
export interface Style {
  readonly unicode: boolean;
  paint(tone: Tone, text: string): string;
}

/** NO_COLOR (no-color.org), dumb terminals and locales that are not UTF-8 are honoured. */
export function styleFor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Style {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  const isDumb = env.TERM === 'dumb';
  const color = isTerminal && !isDumb && (env.NO_COLOR ?? '') === '';
  return makeStyle(color, !isDumb && (process.platform === 'win32' || /utf-?8/i.test(locale)));
}

export function makeStyle(color: boolean, unicode: boolean): Style {
  return {
    unicode,
    paint: (tone, text) => (color && text !== '' ? styleText(formats[tone], text, { validateStream: false }) : text),
  };
}
