import { describe, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { unprovidedCallback, unprovidedPromise } from '../../src/machines/unprovided.ts';

const sentence = 'The actor "saveProgress" was not provided. Use createDownloadImplementations(ports).';

describe('an actor that nobody provided says which one it is', () => {
  it.each([
    ['a promise', unprovidedPromise<void, undefined>('saveProgress')],
    ['a callback', unprovidedCallback<{ type: 'x' }, undefined>('saveProgress')],
  ])('%s', async (_, logic) => {
    const actor = createActor(logic, { input: undefined });
    actor.subscribe({ error: () => {} });
    const ended = toPromise(actor);
    actor.start();
    await expect(ended).rejects.toEqual(new Error(sentence));
  });
});
