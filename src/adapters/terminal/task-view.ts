import type { WriteStream } from 'node:tty';
import {
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
  type SimpleRenderer,
} from 'listr2';

type Wrapper = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** One step on the screen, live until it is ended: a line with a spinner, and lines under it. */
export class TaskView {
  readonly #finish = Promise.withResolvers<void>();
  readonly #over: Promise<unknown>;
  #wrapper: Wrapper | null = null;
  #title: string;
  #lines = '';

  constructor(title: string, screen: WriteStream) {
    this.#title = title;
    const logger = new ListrLogger({
      useIcons: true,
      processOutput: new ProcessOutput(screen, screen, { leaveEmptyLine: false }),
    });
    const listr = new Listr<unknown, 'default', 'simple'>(
      {
        title,
        task: (_, wrapper) => {
          this.#wrapper = wrapper;
          wrapper.title = this.#title;
          this.show(this.#lines);
          return this.#finish.promise;
        },
        rendererOptions: { outputBar: 1 },
      },
      {
        exitOnError: false,
        registerSignalListeners: false,
        renderer: 'default',
        fallbackRendererCondition: false,
        rendererOptions: { logger, formatOutput: 'truncate', showErrorMessage: false, icon: { OUTPUT: ' ' } },
      },
    );
    this.#over = listr.run().catch(() => {});
  }

  set title(title: string) {
    this.#title = title;
    if (this.#wrapper) this.#wrapper.title = title;
  }

  /** The lines under the title, each no wider than `columns` says. */
  show(lines: string): void {
    this.#lines = lines;
    if (this.#wrapper && lines !== '') this.#wrapper.output = lines;
  }

  /** Settles the step with a last title; resolves when it is on the screen. */
  async end(title: string, isGood: boolean): Promise<void> {
    this.title = title;
    if (isGood) this.#finish.resolve();
    else this.#finish.reject(new Error(title));
    await this.#over;
  }
}
