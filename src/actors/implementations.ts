import type { downloadMachine } from '../machines/download.machine.ts';
import { segmentMachine } from '../machines/segment.machine.ts';
import { defineClaimTarget } from './claim-target.ts';
import { defineCompareExisting } from './compare-existing.ts';
import { defineKeepLiveNote } from './keep-live-note.ts';
import { defineMeasureTraffic } from './measure-traffic.ts';
import { defineMeterProgress } from './meter-progress.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { Ports } from './ports.ts';
import { definePrepareTarget } from './prepare-target.ts';
import { defineProbeSource } from './probe-source.ts';
import { definePublishTarget } from './publish-target.ts';
import { RateLimiter } from './rate-limiter.ts';
import { defineSaveProgress } from './save-progress.ts';
import { sharedByAll } from './shared-by-all.ts';
import { defineSurveyTransfers } from './survey-transfers.ts';
import { defineTransferRange } from './transfer-range.ts';
import { defineVerifyDigests } from './verify-digests.ts';
import { defineWatchHost } from './watch-host.ts';
import type { Whereabouts } from './whereabouts.ts';

/**
 * The one place that fills the machine's stubs:
 * `downloadMachine.provide(createDownloadImplementations(ports))`.
 *
 * @param rateLimit bytes a second for the whole download; null for no limit
 * @param shared what this download shares with others: with all of the process unless given
 */
export function createDownloadImplementations(ports: Ports, rateLimit: number | null = null, shared = sharedByAll) {
  const { budget, readQueue, checks, running } = shared;
  const exchanges = new OpenExchanges();
  const limiter = new RateLimiter(ports.clock);
  const limitRate = (bytesPerSecond: number | null) => {
    limiter.limit(bytesPerSecond);
    ports.source.paceReads(bytesPerSecond);
  };
  limitRate(rateLimit);
  const transfers = new Map<string, Whereabouts>();
  const lessons = { ifRangeWorks: true };
  const traffic = { bytes: 0 };
  const own = { exchanges, limiter, transfers, lessons, traffic };
  const transferRange = defineTransferRange({ ...ports, ...own, budget, readQueue });
  return {
    actors: {
      claimTarget: defineClaimTarget(ports),
      compareExisting: defineCompareExisting({ ...ports, checks, exchanges }),
      probeSource: defineProbeSource({ ...ports, exchanges }),
      prepareTarget: definePrepareTarget(ports),
      saveProgress: defineSaveProgress({ ...ports, transfers }),
      keepLiveNote: defineKeepLiveNote({ ...ports, transfers, running }),
      meterProgress: defineMeterProgress({ ...ports, running }),
      measureTraffic: defineMeasureTraffic({ ...ports, traffic }),
      surveyTransfers: defineSurveyTransfers({ ...ports, transfers }),
      watchHost: defineWatchHost(ports),
      verifyDigests: defineVerifyDigests({ ...ports, checks }),
      publishTarget: definePublishTarget(ports),
      segment: segmentMachine.provide({ actors: { transferRange } }),
    },
    actions: {
      applyRateLimit: (_: unknown, params: { bytesPerSecond: number | null }) => limitRate(params.bytesPerSecond),
    },
  } satisfies Parameters<typeof downloadMachine.provide>[0];
}
