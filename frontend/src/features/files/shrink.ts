export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Shrink a picture until neither side is longer than `most`; one that is small already stays as it is. */
export function shrink({ width, height }: Extent, most: number): Extent {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
