/** Of states that cannot pause: a pause is for later, and a resume takes it back. */
export const pauseLater = {
  'download.pause': { actions: { type: 'wantPause', params: { wantsPause: true } } },
  'download.resume': { actions: { type: 'wantPause', params: { wantsPause: false } } },
} as const;
