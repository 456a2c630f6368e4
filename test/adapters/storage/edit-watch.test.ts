import { describe, expect, it } from 'vitest';
import { EditWatch, tellsTime } from '../../../src/adapters/storage/edit-watch.ts';

/** A file, and who writes to it. */
function file(time: { now: number | null } = { now: 1 }) {
  const write = () => {
    if (time.now !== null) time.now += 1;
  };
  return { watch: new EditWatch(() => time.now), write };
}

describe('118 an edit by somebody else', () => {
  it('is seen while nothing of ours is in flight, and not forgotten', () => {
    const { watch, write } = file();
    expect(watch.look()).toBe(false);
    write();
    watch.begin();
    write();
    watch.end();
    expect(watch.look()).toBe(true);
  });

  it('is seen when ours begins, though it is hidden by what ours writes', () => {
    const { watch, write } = file();
    write();
    watch.begin();
    watch.end();
    expect(watch.look()).toBe(true);
  });

  it('is not what we wrote ourselves, one after the other or at once', () => {
    const { watch, write } = file();
    for (let round = 0; round < 2; round += 1) {
      watch.begin();
      watch.begin();
      write();
      watch.end();
      // The other write is still in flight.
      write();
      expect(watch.look()).toBe(false);
      watch.end();
      expect(watch.look()).toBe(false);
    }
    // Nothing of ours is in flight any more.
    write();
    expect(watch.look()).toBe(true);
  });

  it('is none where the time cannot be told', () => {
    const { watch, write } = file({ now: null });
    write();
    expect(watch.look()).toBe(false);
  });
});

describe('a file system', () => {
  it.each([
    ['ext4', 0xef53, true],
    ['XFS', 0x58465342, true],
    ['tmpfs', 0x01021994, true],
    ['btrfs', 0x9123683e, true],
    ['F2FS', 0xf2f52010, true],
    ['overlayfs', 0x794c7630, true],
    ['NFS', 0x6969, false],
    ['SMB', 0x517b, false],
    ['FUSE', 0x65735546, false],
    ['nothing known', 0, false],
  ])('that is %s tells the time of an edit, or does not', (_, type, tells) => {
    expect(tellsTime(type)).toBe(tells);
  });
});
