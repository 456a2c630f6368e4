import { type EventObject, fromCallback, fromPromise, type NonReducibleUnknown } from 'xstate';

/**
 * Stubs for `setup({ actors })`. XState fails cryptically on an actor that
 * nobody provided; these say which one it was.
 */
export function unprovidedPromise<Out, In extends NonReducibleUnknown>(name: string) {
  return fromPromise<Out, In>(() => Promise.reject(unprovided(name)));
}

export function unprovidedCallback<Events extends EventObject, In extends NonReducibleUnknown>(name: string) {
  return fromCallback<Events, In>(() => {
    throw unprovided(name);
  });
}

function unprovided(name: string): Error {
  return new Error(`The actor "${name}" was not provided. Use createDownloadImplementations(ports).`);
}
