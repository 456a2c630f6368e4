import { defineConfig } from 'vitest/config';

/** What kills mutants: `scripts/mutate.ts` names the tests of the file that it changes. */
export default defineConfig({
  test: {
    include: (process.env.MULTIDOWN_KILLERS ?? 'test/machines/**/*.test.ts').split(' '),
    setupFiles: 'test/support/patterns-match.ts',
    testTimeout: 60_000,
  },
});
