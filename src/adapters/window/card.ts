import { basename } from 'node:path';
import type { DownloadEvent } from '../../machines/events.ts';
import type { DownloadCard } from './protocol.ts';

/** Warnings that a card keeps. */
const MOST_WARNINGS = 20;

export function newCard(id: string, url: string, addedAt: number, canControl: boolean): DownloadCard {
  return {
    id,
    url,
    name: null,
    addedAt,
    endedAt: null,
    state: null,
    progress: null,
    warnings: [],
    result: null,
    failure: null,
    canControl,
  };
}

/** The card after an event. */
export function withEvent(card: DownloadCard, event: DownloadEvent, at: number): DownloadCard {
  switch (event.type) {
    case 'state':
      return { ...card, state: event, name: event.path === null ? card.name : basename(event.path) };
    case 'progress':
      return { ...card, progress: event };
    case 'warning':
      return { ...card, warnings: [...card.warnings, event].slice(-MOST_WARNINGS) };
    case 'failed':
      return { ...card, failure: event, endedAt: at };
    case 'done': {
      const { type: _, ...result } = event;
      return { ...card, result, name: basename(result.path), endedAt: at };
    }
    case 'segment':
      return card;
  }
}
