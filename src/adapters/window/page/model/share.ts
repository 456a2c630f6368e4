/**
 * A plain JSON value, with every part that equals the same part of an earlier
 * one replaced by that: thousands of snapshots differ in a few numbers only.
 */
export function share(earlier: unknown, value: unknown): unknown {
  if (Object.is(earlier, value)) return earlier;
  if (typeof value !== 'object' || value === null || typeof earlier !== 'object' || earlier === null) return value;
  if (Array.isArray(value)) {
    if (!Array.isArray(earlier)) return value;
    const parts = value.map((part, index) => share(earlier[index], part));
    return parts.length === earlier.length && parts.every((part, index) => part === earlier[index]) ? earlier : parts;
  }
  if (Array.isArray(earlier)) return value;
  const before = earlier as Readonly<Record<string, unknown>>;
  const entries = Object.entries(value).map(([key, part]) => [key, share(before[key], part)] as const);
  const isSame = entries.length === Object.keys(before).length && entries.every(([key, part]) => part === before[key]);
  return isSame ? earlier : Object.fromEntries(entries);
}
