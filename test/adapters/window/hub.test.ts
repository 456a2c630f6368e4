import { afterEach, describe, expect, it } from 'vitest';
import type { StartOutcome } from '../../../src/adapters/window/hub.ts';
import type { ServerMessage, StartRequest } from '../../../src/adapters/window/protocol.ts';
import { FakeControl, stateEvent } from '../../support/fake-control.ts';
import { openTestPage, startTestWindow } from '../../support/window-server.ts';

const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function twoPages(start?: (form: StartRequest) => Promise<StartOutcome>) {
  const window = kept(await startTestWindow({ roots: ['/home/me'], ...(start === undefined ? {} : { start }) }));
  const cookie = await window.signIn();
  const pages = [kept(await openTestPage(window, cookie)), kept(await openTestPage(window, cookie))] as const;
  const control = new FakeControl();
  const add = () =>
    window.hub.add({
      url: 'http://example.org/hunter2',
      redact: (text) => text.replaceAll('hunter2', 'X'),
      send: (one) => control.send(one),
    });
  return { window, cookie, pages, control, add };
}

const question = { kind: 'target-exists', path: '/home/user/file.iso', size: 3 } as const;
const isState = (state: string) => (message: ServerMessage) =>
  message.type === 'event' && message.event.type === 'state' && message.event.state === state;

describe('pages and downloads', () => {
  it('tells all pages the same, and a late one how things are', async () => {
    const { window, cookie, pages, add } = await twoPages();
    const { id, hear } = add();
    hear(stateEvent({ state: 'downloading' }));
    for (const page of pages) {
      expect(await page.heard(({ type }) => type === 'card')).toMatchObject({
        card: { id, url: 'http://example.org/X' },
      });
      await page.heard(isState('downloading'));
    }
    const late = kept(await openTestPage(window, cookie));
    expect(await late.heard(({ type }) => type === 'welcome')).toMatchObject({
      roots: ['/home/me'],
      downloads: [{ id, name: 'file.iso', state: { state: 'downloading' }, endedAt: null }],
    });
  });

  it('hands commands on while it runs, to the right one', async () => {
    const { pages, add, control } = await twoPages();
    const { id, hear } = add();
    const done = new Promise<void>((resolve) => {
      control.onCommand = ({ type }) => type === 'download.stop' && resolve();
    });
    pages[0].say({ type: 'command', download: 'd99', command: { type: 'download.resume' } });
    pages[0].say({ type: 'command', download: id, command: { type: 'download.setConnections', connections: 5 } });
    pages[0].say({ type: 'command', download: id, command: { type: 'download.stop' } });
    await done;
    hear({ type: 'failed', code: 'interrupted', message: 'Stopped.', status: null, resumable: true });
    pages[0].say({ type: 'command', download: id, command: { type: 'download.pause' } });
    pages[0].say({ type: 'forget', download: id });
    await pages[1].heard(({ type }) => type === 'forgotten');
    expect(control.commands).toEqual([{ type: 'download.setConnections', connections: 5 }, { type: 'download.stop' }]);
  });

  it('takes the first answer; one to a question that is over says nothing of the next', async () => {
    const { pages, add, control } = await twoPages();
    const { id, hear } = add();
    control.onCommand = () => {
      // The next question follows at once.
      hear(
        stateEvent({
          state: 'confirmingRestart',
          question: { kind: 'changed', path: '/a', keptBytes: 1, reason: 'x' },
        }),
      );
    };
    hear(stateEvent({ state: 'confirmingOverwrite', question }));
    await pages[0].heard(isState('confirmingOverwrite'));
    await pages[1].heard(isState('confirmingOverwrite'));
    pages[0].say({ type: 'answer', download: id, answer: 'overwrite', question: 'target-exists' });
    await pages[1].heard(isState('confirmingRestart'));
    pages[1].say({ type: 'answer', download: id, answer: 'stop', question: 'target-exists' });
    pages[1].say({ type: 'answer', download: id, answer: 'restart', question: 'changed' });
    await expect.poll(() => control.commands).toHaveLength(2);
    expect(control.commands).toEqual([
      { type: 'download.answer', answer: 'overwrite' },
      { type: 'download.answer', answer: 'restart' },
    ]);
  });

  it('keeps what runs on its list', async () => {
    const { pages, add } = await twoPages();
    const first = add();
    pages[0].say({ type: 'forget', download: first.id });
    const second = add();
    second.hear({ type: 'failed', code: 'network', message: 'x', status: null, resumable: true });
    pages[0].say({ type: 'forget', download: second.id });
    expect(await pages[1].heard(({ type }) => type === 'forgotten')).toEqual({
      type: 'forgotten',
      download: second.id,
    });
  });

  it('answers the one who asked for a start', async () => {
    const form = {
      url: 'http://example.org/a',
      folder: null,
      name: null,
      connections: null,
      checksum: null,
      rateLimit: null,
    };
    const { pages } = await twoPages(async ({ url }) =>
      url.endsWith('a') ? { ok: true, download: 'd7' } : { ok: false, field: 'url', message: 'No.' },
    );
    pages[0].say({ type: 'start', request: 1, form });
    pages[0].say({ type: 'start', request: 2, form: { ...form, url: 'b' } });
    expect(await pages[0].heard(({ type }) => type === 'started')).toEqual({
      type: 'started',
      request: 1,
      download: 'd7',
    });
    expect(await pages[0].heard(({ type }) => type === 'refused')).toEqual({
      type: 'refused',
      request: 2,
      field: 'url',
      message: 'No.',
    });
    expect(pages[1].messages.filter(({ type }) => type !== 'welcome')).toEqual([]);
  });

  it('tells the last before it ends', async () => {
    const { window, pages, add } = await twoPages();
    const { hear } = add();
    // More than the system takes at once.
    for (let count = 0; count < 3_000; count++) hear({ type: 'warning', code: 'retrying', message: 'x'.repeat(1_000) });
    hear(stateEvent({ state: 'stopped' }));
    await window.close();
    expect(await pages[0].closed).toBe(1001);
    await pages[0].heard(isState('stopped'));
  });
});
