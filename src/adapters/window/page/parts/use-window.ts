import { createContext, useContext, useSyncExternalStore } from 'react';
import type { DownloadCommand } from '../../../../machines/events.ts';
import type { PageMessage } from '../../protocol.ts';
import type { WindowStore } from '../model/window-store.ts';

export interface WindowAccess {
  readonly store: WindowStore;
  readonly say: (message: PageMessage) => void;
  /** False while there is no connection: nothing can be said then. */
  readonly isConnected: boolean;
}

export const WindowContext = createContext<WindowAccess | null>(null);

/** The store, and the component made anew whenever it has changed. */
export function useWindow(): WindowAccess {
  const access = useContext(WindowContext);
  if (!access) throw new Error('useWindow is for what stands inside the window');
  useSyncExternalStore(access.store.subscribe, access.store.revision);
  return access;
}

/** Sends a download a command. */
export function useCommand(download: string): (command: DownloadCommand) => void {
  const { say } = useWindow();
  return (command) => say({ type: 'command', download, command });
}
