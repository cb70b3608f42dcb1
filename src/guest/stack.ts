/** @throws {RangeError} where the stack has no room for so many frames. */
export function haveStack(frames: number): number {
  return frames === 0 ? 0 : 1 + haveStack(frames - 1);
}
