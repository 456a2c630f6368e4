/** How the plots' axes are divided and written. Pure, for uPlot's `incrs` and `values`. */

/** Steps in bytes a second: powers of two, so that they are round in binary units. */
export const speedSteps: readonly number[] = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Steps in seconds: those that clocks have. */
export const timeSteps: readonly number[] = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  172_800, 432_000, 864_000,
];

/** Connections are whole. */
export const countSteps: readonly number[] = [1, 2, 4, 8, 16, 32];

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0`, `0.5 MiB/s`, `1 MiB/s`: all of an axis in the unit of its greatest. */
export function speedTicks(ticks: readonly number[]): readonly string[] {
  const most = Math.max(1, ...ticks);
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(most) / 10));
  return ticks.map((tick) => (tick === 0 ? '0' : `${Number((tick / 1024 ** unit).toFixed(3))} ${units[unit]}/s`));
}

/** `2.5 s` within two minutes, `3:30` within an hour, `1:02:30` beyond: all of an axis alike. */
export function timeTicks(ticks: readonly number[]): readonly string[] {
  const most = Math.max(0, ...ticks);
  return ticks.map((tick) => {
    if (most < 120) return `${Number(tick.toFixed(1))} s`;
    const seconds = Math.round(tick);
    const [hour, minute, second] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
    return most < 3_600 ? `${minute}:${two(second)}` : `${hour}:${two(minute)}:${two(second)}`;
  });
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
