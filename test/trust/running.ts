import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';

interface Action {
  readonly type: string;
  readonly params?: unknown;
}

interface Params {
  readonly id?: string;
  readonly sendId?: string;
  readonly delay?: number;
  readonly src?: unknown;
  readonly input?: unknown;
}

/**
 * What would be running now, by what the machine has asked for and called off:
 * kept beside the machine, so that nothing that outlives its state is missed.
 */
export class Running {
  /** By their ids, with what they were given. */
  readonly children = new Map<string, unknown>();
  readonly timers = new Set<string>();
  readonly flaws: string[] = [];

  note(actions: readonly Action[]): void {
    for (const { type, params } of actions) {
      const { id = '', sendId = '', delay, input } = (params ?? {}) as Params;
      if (type === 'xstate.spawnChild') {
        if (this.children.has(id)) this.flaws.push(`${id} is started twice`);
        this.children.set(id, input);
      }
      if (type === 'xstate.stopChild') this.children.delete(id);
      if (type === 'xstate.raise' && delay !== undefined) this.timers.add(id);
      if (type === 'xstate.cancel') this.timers.delete(sendId);
    }
  }

  /** A child that has ended is gone, and so is a timer that is over. */
  end(event: { readonly type: string; readonly actorId?: unknown }): void {
    this.timers.delete(event.type);
    if (typeof event.actorId === 'string') this.children.delete(event.actorId);
  }

  /** What has not begun, or has ended, ends no more. Other events are nobody's end. */
  canEnd(actorId: unknown): boolean {
    return typeof actorId !== 'string' || this.children.has(actorId);
  }

  /** Sentences about what runs and has no business to, or does not run and should. */
  compare(snapshot: AnyMachineSnapshot, segments: readonly string[]): string[] {
    const isActive = snapshot.status === 'active';
    const nodes: readonly AnyStateNode[] = isActive ? snapshot._nodes : [];
    const invoked = nodes.flatMap((node) => node.invoke.map(({ id }) => id));
    const awaited = nodes.flatMap((node) => node.after.map(({ eventType }) => eventType as string));
    return [
      ...this.flaws,
      ...excess('child', [...this.children.keys()], [...invoked, ...segments]),
      ...excess('child that it knows', Object.keys(snapshot.children), [...invoked, ...segments]),
      ...excess('timer', [...this.timers], awaited),
      // An invoked actor may end before its state does; a segment or a timer may not.
      ...excess('segment that does not run', segments, [...this.children.keys()]),
      ...excess('timer that does not run', awaited, [...this.timers]),
    ];
  }
}

function excess(kind: string, found: readonly string[], wanted: readonly string[]): string[] {
  const allowed = new Set(wanted);
  return found.filter((id) => !allowed.has(id)).map((id) => `there is a ${kind}: ${id}`);
}
