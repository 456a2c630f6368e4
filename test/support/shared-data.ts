import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../shared/data/', import.meta.url);

/** Known answers that others wrote, which lie beside the checkout on some machines; null where they do not. */
export function sharedData(name: string): string | null {
  const file = new URL(name, folder);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  console.info(`${name} is not here: the known answers in it are not looked at.`);
  return null;
}
