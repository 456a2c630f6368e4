/** What the download decides, as pure functions over its context. */
import { digestsToRun, RESTARTS_BEFORE_SINGLE } from './download.connections.ts';
import type { DownloadContext, Intent } from './download.context.ts';
import type { PrepareTargetInput, ProbeSourceOutput, VerifyDigestsOutput, Warning } from './download.io.ts';
import type { DownloadEvent, DownloadOutcome, Question } from './events.ts';
import type { Failure, FailureCode } from './failures.ts';
import type { Span } from './pieces.ts';
import { isWhole, seamsOf, writtenBytes, writtenSpans } from './ranges.ts';
import { type Retry, retryDelay, withVerdict } from './retry.ts';

/** A file that changes more often than this is not to be had. */
const MOST_RESTARTS = 5;

/** What follows before the first byte, from what is known so far. */
export type Decision =
  | 'probe'
  | 'name'
  | 'prepare'
  | 'finishDry'
  | 'skip'
  | 'compare'
  | 'startAnew'
  | 'askOverwrite'
  | 'askRestart'
  | 'refuse';

const rangesWithdrawn = { kind: 'ranges-withdrawn' } as const;

/** The one place that decides, asked after every answer: the policies and what the user chose, in order of weight. */
export function decide(context: DownloadContext): Decision {
  const { target, options, obstacle, source } = context;
  if (obstacle?.kind === 'partial-exists') return options.ifChanged === 'ask' ? 'askRestart' : 'refuse';
  if (obstacle?.kind === 'published' || (exists(context) && options.ifExists === 'skip'))
    return options.digests.length > 0 || options.findChecksum ? 'compare' : 'skip';
  if (exists(context) && options.ifExists === 'fail') return 'refuse';
  // The policy is about another file on the server, and there it is the same.
  if (obstacle?.kind === 'ranges-withdrawn' || obstacle?.kind === 'data-lost') return 'startAnew';
  if (obstacle?.kind === 'changed') {
    if (options.ifChanged === 'restart') return context.restarts < MOST_RESTARTS ? 'startAnew' : 'refuse';
    return options.ifChanged === 'ask' ? 'askRestart' : 'refuse';
  }
  if (source === null) return 'probe';
  if (target === null) return 'name';
  if (options.dryRun) return 'finishDry';
  return exists(context) && options.ifExists === 'ask' && context.onConflict === 'fail' ? 'askOverwrite' : 'prepare';
}

function exists({ target }: DownloadContext): boolean {
  return target !== null && target.existingSize !== null;
}

/** The question that belongs to a decision to ask. */
export function questionOf(context: DownloadContext): Question | null {
  const { target, obstacle, plan } = context;
  const path = target?.path ?? '';
  switch (obstacle?.kind) {
    case 'changed':
      return { kind: 'changed', path, keptBytes: writtenBytes(plan), reason: obstacle.reason };
    case 'partial-exists':
      return { kind: 'partial-exists', path, keptBytes: obstacle.keptBytes, url: obstacle.url };
    default:
      return target && { kind: 'target-exists', path, size: target.existingSize ?? 0 };
  }
}

/** Why a decision to refuse was made, as a sentence with what to do. */
export function refusalOf({ target, obstacle }: DownloadContext): Failure {
  const path = target?.path ?? '';
  switch (obstacle?.kind) {
    case 'changed':
      return {
        code: 'changed',
        message: `The file on the server is not the one this download began with: ${obstacle.reason}. What is here is kept; begin anew with --restart.`,
        path,
      };
    case 'partial-exists':
      return {
        code: 'partial-exists',
        message: `At ${path} there is a partial download of another address, ${obstacle.url}. Choose another name, or begin anew with --restart.`,
        path,
      };
    default:
      return {
        code: 'target-exists',
        message: `${path} exists already. Choose another name, or say what to do with --if-exists overwrite, rename or skip.`,
        path,
      };
  }
}

/** Why it begins anew, for the warning. */
export function restartNotice({ obstacle }: DownloadContext): string {
  switch (obstacle?.kind) {
    case 'ranges-withdrawn':
      return 'The server sends whole files only, after all, so the download begins anew over one connection.';
    case 'data-lost':
      return 'What had arrived was changed or replaced by somebody else since, so the download begins anew.';
    default:
      return 'The file on the server has changed, so the download begins anew.';
  }
}

/** Where a mixture of two versions would show, if no validator can have prevented one. */
export function unprovedPieces({ plan, seams }: DownloadContext): readonly Span[] {
  return seams === null ? [] : seamsOf(plan, seams);
}

/** What the user should hear of the source. Its length needs no proof where a digest of the whole will be compared. */
export function warningsOf({ options, promised }: DownloadContext, found: ProbeSourceOutput): readonly Warning[] {
  const warnings = found.kind === 'found' ? found.warnings : [];
  const isProved = options.digests.length + promised.length > 0;
  return isProved ? warnings.filter(({ code }) => code !== 'length-unverified') : warnings;
}

/** What is not proved of a file that is about to be published. */
export function doubtsOf(
  context: DownloadContext,
  { verified }: Pick<VerifyDigestsOutput, 'verified'>,
): readonly Warning[] {
  if (verified.length > 0 || unprovedPieces(context).length === 0) return [];
  return [
    {
      code: 'identity-unproved',
      message:
        'The server gives no proof that all parts are of one version of the file; samples from where they meet agree. A checksum would prove it.',
    },
  ];
}

/** A checksum was looked for beside the file, in vain: was it checked otherwise? */
export function missingChecksum({
  isMissing,
  verified,
}: Pick<VerifyDigestsOutput, 'isMissing' | 'verified'>): readonly Warning[] {
  if (!isMissing) return [];
  const rest =
    verified.length === 0
      ? ', so its content was not checked'
      : `; it was checked by the ${verified.join(' and ')} that ${verified.length === 1 ? 'was' : 'were'} given`;
  return [{ code: 'checksum-not-found', message: `No checksum was found beside the file${rest}.` }];
}

/** Every byte is there. */
export function isAllThere({ plan, entity }: DownloadContext): boolean {
  return entity !== null && entity.size !== null && isWhole(plan, entity.size);
}

export function canResume({ entity, plan }: DownloadContext): boolean {
  return entity?.acceptsRanges === true && writtenBytes(plan) > 0;
}

/** After these the same command ends, or asks, the same way again, whatever is kept. */
const lastWords: ReadonlySet<FailureCode> = new Set([
  'declined',
  'target-exists',
  'partial-exists',
  'changed',
  'digest-mismatch',
]);

/** The last event that front ends hear. */
export function endOf(context: DownloadContext): DownloadEvent {
  const outcome = outcomeOf(context);
  if (outcome.status === 'done') return { type: 'done', ...outcome.result };
  const { code, message, status = null } = outcome.failure;
  return { type: 'failed', code, message, status, resumable: outcome.resumable };
}

/** The machine's output. */
export function outcomeOf(context: DownloadContext): DownloadOutcome {
  if (context.result) return { status: 'done', result: context.result };
  const failure = context.failure ?? stoppedFailure(context);
  const isStop = failure.code === 'interrupted' || failure.code === 'declined';
  return {
    status: isStop ? 'stopped' : 'failed',
    failure,
    resumable: canResume(context) && !lastWords.has(failure.code) && failure.isLost !== true,
  };
}

export function stoppedFailure(context: DownloadContext): Failure {
  if (context.question !== null) {
    return {
      code: 'interrupted',
      message: 'Stopped. Nothing that was there has been changed: the same command asks again.',
    };
  }
  return {
    code: 'interrupted',
    message: canResume(context)
      ? 'Stopped. What has arrived is kept: the same command goes on from there.'
      : 'Stopped. Nothing is kept: the same command begins anew.',
  };
}

/**
 * What `preparing` needs. "Keep both" takes a numbered name at once when nothing
 * of this download is on disk; else its state stays where it is and the name is
 * numbered when the file is published.
 */
export function prepareInput(context: DownloadContext): PrepareTargetInput {
  const { entity, fresh, target, output, suggestedName, url, onConflict, options, promised, plan } = context;
  if (!target) throw new Error('a download without a target cannot be prepared');
  const isNumbered = onConflict === 'rename' && fresh && target.existingSize !== null;
  return {
    size: entity?.size ?? null,
    fresh,
    target,
    digests: digestsToRun(options, promised),
    there: writtenSpans(plan),
    rename: isNumbered ? { output, suggestedName, url, rename: true, restart: true } : null,
  };
}

/** How long to wait before the source is asked again, milliseconds; null for "give up". */
export function probeDelay(context: DownloadContext, { failure, jitter }: FailedProbe): number | null {
  return retryDelay(failure, { ...triesOf(context), jitter });
}

/** Of a source that is not asked again. */
export function probeFailure(context: DownloadContext, { failure }: Pick<FailedProbe, 'failure'>): Failure {
  return withVerdict(failure, triesOf(context));
}

interface FailedProbe {
  readonly failure: Failure;
  /** 0 <= x < 1. */
  readonly jitter: number;
}

function triesOf({ probe, options, entity }: DownloadContext): Omit<Retry, 'jitter'> {
  const established = entity !== null || probe.attempt > 0;
  return { attempt: probe.attempt, retries: options.retries, established };
}

/** A segment has failed for good: what becomes of the download? */
export function intentAfter({ options, restarts }: DownloadContext, failure: Failure): Partial<DownloadContext> {
  if (failure.withoutRanges && restarts < RESTARTS_BEFORE_SINGLE) {
    // Whole, then, over one connection. The policy is about another file, and this is the same.
    return { intent: 'restart', obstacle: rangesWithdrawn, restarts: RESTARTS_BEFORE_SINGLE - 1 };
  }
  if (failure.code !== 'changed' || options.ifChanged === 'fail') return { intent: 'fail', failure };
  const intent: Intent = options.ifChanged === 'restart' ? 'restart' : 'ask';
  return { intent, obstacle: { kind: 'changed', reason: failure.reason ?? 'the server says so' } };
}
