import type { IncomingMessage, ServerResponse } from 'node:http';
import { TOKEN_USED } from './protocol.ts';
import type { Session } from './session.ts';

/** A token and what stands around it, bytes. */
const MOST_BODY = 1_024;

/** `POST /session`: the token for a cookie. The only thing that is ever written by a request. */
export async function takeToken(
  request: IncomingMessage,
  response: ServerResponse,
  { session, port }: { readonly session: Session; readonly port: number },
): Promise<void> {
  const end = (status: number, headers: Record<string, string> = {}) => {
    response.writeHead(status, status === 204 ? headers : { connection: 'close', ...headers }).end();
  };
  if (request.method !== 'POST') return end(405, { allow: 'POST' });
  // What a form or a foreign script can send without being asked first is neither of these.
  if (request.headers['content-type'] !== 'application/json') return end(415);
  if (request.headers['x-multidown'] !== 'window') return end(403);
  const body = await readBody(request);
  if (body === null) return end(413);
  const outcome = session.exchange(tokenOf(body), port);
  switch (outcome.kind) {
    case 'wait':
      return end(429, { 'retry-after': '60' });
    case 'used':
      response.setHeader('content-length', TOKEN_USED.length);
      return void response.writeHead(401, { 'content-type': 'text/plain', connection: 'close' }).end(TOKEN_USED);
    case 'refused':
      return end(401);
    case 'granted':
      // What another program has left in the browser under this address is none of ours.
      return end(204, { 'set-cookie': outcome.cookie, 'clear-site-data': '"storage"' });
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  let body = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      body += String(chunk);
      if (body.length > MOST_BODY) return null;
    }
  } catch {
    // It was cut short: what is there is no token.
  }
  return body;
}

function tokenOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : null;
    return typeof token === 'string' ? token : '';
  } catch {
    return '';
  }
}
