import { type CallbackActorLogic, fromCallback } from 'xstate';
import type { TransferCommand, TransferInput, TransferToSegmentEvent } from '../machines/segment.events.ts';
import { RangeTransfer, type TransferDependencies } from './range-transfer.ts';

/** Fetches one range: bytes go from the socket to the disk here, only news of them to the segment. */
export function defineTransferRange(
  dependencies: TransferDependencies,
): CallbackActorLogic<TransferCommand, TransferInput> {
  return fromCallback(({ input, sendBack, receive }) => {
    const transfer = new RangeTransfer(dependencies, input, (event: TransferToSegmentEvent) => sendBack(event));
    receive((command) => {
      if (command.type === 'transfer.land') transfer.land();
      else if (command.type === 'transfer.truncate') transfer.truncate(command.end);
      else transfer.extend(command.end);
    });
    transfer.start();
    return () => transfer.cancel();
  });
}
