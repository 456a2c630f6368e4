/**
 * What the window's server and its page tell each other: one WebSocket, one
 * JSON object a message. The page and the flight recorder get the same
 * inspection messages, so that a recording shows what the page showed.
 */
import type { Answer, DownloadCommand, DownloadEvent, DownloadResult, Question } from '../../machines/events.ts';

/** Of the messages; a page and a recording say which one they speak. */
export const PROTOCOL_VERSION = 1;

/** What the refusal of a token says when it was the right one, given before. */
export const TOKEN_USED = 'used';

/** A machine's definition as `machine.definition` gives it, made plain JSON. */
export type MachineDefinition = Readonly<Record<string, unknown>>;

/** A snapshot made plain JSON: secrets redacted, actors replaced by `{ sessionId, id }`. */
export interface PlainSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** The state value; absent for an actor that is no machine. */
  readonly value?: unknown;
  readonly tags?: readonly string[];
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

interface InspectionBase {
  /** Which download it belongs to. */
  readonly download: string;
  /** Grows by one with each inspection message of a download: the place in its history. */
  readonly sequence: number;
  /** Milliseconds since 1970, as text: so Stately's inspector has it. */
  readonly createdAt: string;
  readonly sessionId: string;
  readonly rootId: string;
}

/** Stately-compatible inspection events (`@statelyai/inspect`), with our `download` and `sequence` beside. */
export type InspectionMessage =
  | (InspectionBase & {
      readonly type: '@xstate.actor';
      /** The actor's id, as its parent calls it. */
      readonly name: string;
      readonly parentId: string | null;
      /** The chart; null for an actor that is no machine. The same chart is sent once: later actors name it by `definitionId`. */
      readonly definition: MachineDefinition | null;
      readonly definitionId: string | null;
      readonly snapshot: PlainSnapshot;
    })
  | (InspectionBase & {
      readonly type: '@xstate.event';
      readonly event: Readonly<{ type: string }> & Readonly<Record<string, unknown>>;
      /** The sender's session; null when it came from outside. */
      readonly sourceId: string | null;
    })
  | (InspectionBase & {
      readonly type: '@xstate.snapshot';
      readonly event: Readonly<{ type: string }> & Readonly<Record<string, unknown>>;
      readonly snapshot: PlainSnapshot;
    });

/** What a list shows of a download: running or over. */
export interface DownloadCard {
  readonly id: string;
  /** Redacted. */
  readonly url: string;
  /** The file's name once it is known. */
  readonly name: string | null;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly endedAt: number | null;
  /** The newest event of each kind, and nothing that a later one has replaced. */
  readonly state: Extract<DownloadEvent, { type: 'state' }> | null;
  readonly progress: Extract<DownloadEvent, { type: 'progress' }> | null;
  readonly warnings: readonly Extract<DownloadEvent, { type: 'warning' }>[];
  readonly result: DownloadResult | null;
  readonly failure: Extract<DownloadEvent, { type: 'failed' }> | null;
  /** False in a replay and for what the page may watch only. */
  readonly canControl: boolean;
}

/** What the form asks for; judged by the rules of the command line. */
export interface StartRequest {
  readonly url: string;
  /** A folder within the configured roots; null for the first root. */
  readonly folder: string | null;
  /** One path component; null lets the server name the file. */
  readonly name: string | null;
  readonly connections: number | 'auto' | null;
  readonly checksum: string | null;
  /** Bytes a second. */
  readonly rateLimit: number | null;
}

/** From the server to the page. */
export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly protocol: typeof PROTOCOL_VERSION;
      readonly version: string;
      /** `live` drives downloads; `replay` shows a recording. */
      readonly mode: 'live' | 'replay';
      /** Folders that the form may save to; the first is the default. Empty when downloads cannot be started here. */
      readonly roots: readonly string[];
      readonly downloads: readonly DownloadCard[];
    }
  | { readonly type: 'card'; readonly card: DownloadCard }
  /** A download's event, just as `--json` prints it. */
  | { readonly type: 'event'; readonly download: string; readonly event: DownloadEvent }
  /** History first, then as it happens; in order within a download. */
  | { readonly type: 'inspection'; readonly messages: readonly InspectionMessage[] }
  /** A slow page has lost these many intermediate snapshots. */
  | { readonly type: 'dropped'; readonly download: string; readonly count: number }
  /** It was taken off the list, here or by another page. */
  | { readonly type: 'forgotten'; readonly download: string }
  /** The answer to `start`: by the page's own number of the request. */
  | { readonly type: 'started'; readonly request: number; readonly download: string }
  | {
      readonly type: 'refused';
      readonly request: number;
      /** The field of the form that is at fault, null when it is none of them. */
      readonly field: keyof StartRequest | null;
      /** A sentence for people. */
      readonly message: string;
    };

/** From the page to the server. Anything else closes the connection. */
export type PageMessage =
  | { readonly type: 'command'; readonly download: string; readonly command: DownloadCommand }
  | {
      readonly type: 'answer';
      readonly download: string;
      readonly answer: Answer;
      /** What it answers; it counts only while this is still the open question. */
      readonly question?: Question['kind'] | undefined;
    }
  | { readonly type: 'start'; readonly request: number; readonly form: StartRequest }
  /** Takes an ended download off the list. */
  | { readonly type: 'forget'; readonly download: string };

/** A recording is JSON lines: this head first, then one line a message. */
export interface RecordingHead {
  readonly type: 'multidown-recording';
  readonly protocol: typeof PROTOCOL_VERSION;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A line of a recording after its head. */
export type RecordingLine =
  | InspectionMessage
  /** A download begins; the URL is redacted. */
  | { readonly type: 'download'; readonly at: number; readonly download: string; readonly url: string }
  | { readonly type: 'event'; readonly at: number; readonly download: string; readonly event: DownloadEvent }
  /** The bounded file is full: nothing follows but the last states. */
  | { readonly type: 'truncated'; readonly at: number };
