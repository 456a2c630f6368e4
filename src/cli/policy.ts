import type { IfChanged, IfExists } from '../machines/options.ts';
import type { DownloadArguments } from './arguments.ts';

export interface Policy {
  /** Somebody is there to answer. */
  readonly canAsk: boolean;
  /** The live screen is wanted; else plain lines. */
  readonly isLive: boolean;
  readonly ifExists: IfExists;
  readonly ifChanged: IfChanged;
}

type Wishes = Pick<DownloadArguments, 'yes' | 'json' | 'quiet' | 'verbose' | 'dryRun' | 'ifExists' | 'ifChanged'> &
  Partial<Pick<DownloadArguments, 'inspect'>>;

/**
 * Who decides what. Nothing is asked with `--yes`, without a terminal, and
 * where no question could be shown (`--json`, `--quiet`); a log on stderr
 * (`--verbose`) and the live screen would write over each other. A dry run
 * tells what would be asked. The window asks whatever the terminal does, but
 * with `--yes`.
 *
 * @param hasTerminal both the input and stderr are one
 */
export function policyOf(wishes: Wishes, hasTerminal: boolean): Policy {
  const { yes, json, quiet, verbose, dryRun, ifExists, ifChanged, inspect } = wishes;
  const canAsk = hasTerminal && !yes && !json && !quiet;
  const isAnswered = canAsk || (inspect === 'window' && !yes);
  return {
    canAsk,
    isLive: hasTerminal && !json && !quiet && !verbose && !dryRun,
    ifExists: ifExists ?? (yes ? 'overwrite' : isAnswered ? 'ask' : 'fail'),
    ifChanged: ifChanged === null || ifChanged === 'ask' ? (isAnswered && !dryRun ? 'ask' : 'fail') : ifChanged,
  };
}
