export { createDownloadImplementations } from './actors/implementations.ts';
export type { ClockPort, Exchange, Ports, SourcePort, StoragePort } from './actors/ports.ts';
export type { RequestLog } from './adapters/http/source.ts';
export { DownloadError } from './download-error.ts';
export { downloadMachine } from './machines/download.machine.ts';
export type {
  Answer,
  DownloadCommand,
  DownloadEvent,
  DownloadOutcome,
  DownloadResult,
  DownloadStateName,
  Figures,
  Question,
  SegmentView,
  SourceView,
  Speeds,
  WarningCode,
} from './machines/events.ts';
export type { FailureCode } from './machines/failures.ts';
export { type DownloadOptions, defaultOptions } from './machines/options.ts';
export { segmentMachine } from './machines/segment.machine.ts';
export {
  type Download,
  type DownloadActor,
  type DownloadSnapshot,
  download,
  type OpenDownloadOptions,
  openDownload,
} from './open-download.ts';
