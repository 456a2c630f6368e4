import { fromCallback, fromPromise } from 'xstate';
import { type PageMessage, type ServerMessage, TOKEN_USED } from '../../protocol.ts';
import { type ConnectionEvent, TokenUsedError } from './connection.machine.ts';

/** What a server that ends closes its streams with (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;

/** Gives the token for a cookie. Rejects when the server does not take it. */
export const exchangeToken = fromPromise<void, { token: string }>(async ({ input, signal }) => {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-multidown': 'window' },
    body: JSON.stringify({ token: input.token }),
    signal,
  });
  if (response.status === 401 && (await response.text()) === TOKEN_USED) throw new TokenUsedError();
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
});

/** The WebSocket, for as long as it lives. */
export function defineStream(onMessage: (message: ServerMessage) => void) {
  return fromCallback<ConnectionEvent>(({ sendBack, receive }) => {
    const address = new URL('/stream', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    socket.addEventListener('open', () => sendBack({ type: 'stream.opened' }));
    socket.addEventListener('close', ({ code }) => sendBack({ type: 'stream.closed', isGoodbye: code === GOING_AWAY }));
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') onMessage(JSON.parse(data) as ServerMessage);
    });
    receive((event) => {
      if (event.type === 'page.says') say(socket, event.message);
    });
    return () => socket.close();
  });
}

function say(socket: WebSocket, message: PageMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}
